/**
 * @file Resident memory over a long run: `deno run -A bench/soak/run.ts`.
 *
 * Trains a small pipeline, samples the resident memory of the process, and
 * writes the samples to `results.json` and the table to `README.md`. With
 * `--stream`, images are decoded from files in every step.
 */
import { parseArgs } from "node:util";
import { join } from "node:path";
import { stringify } from "yaml";
import { loadPipeline } from "../../lib/pipeline/load.ts";
import { train } from "../../lib/train/train.ts";
import { growth, report, type Sample, type Soak } from "./report.ts";

const { values } = parseArgs({
  options: {
    steps: { type: "string", default: "5000" },
    stream: { type: "boolean", default: false },
    images: { type: "string", default: "2000" },
    batch: { type: "string", default: "16" },
    width: { type: "string", default: "8" },
  },
});
const steps = Number(values.steps);
const batch = Number(values.batch);
const width = Number(values.width);
/** Samples of a run. */
const SAMPLES = 200;

/** A folder of generated JPEGs, 48x48. */
async function makeFolder(folder: string, count: number): Promise<void> {
  const { default: sharp } = await import("sharp");
  for (let i = 0; i < count; i++) {
    const noise = { type: "gaussian", mean: 60 + i % 120, sigma: 40 } as const;
    await sharp({
      create: { width: 48, height: 48, channels: 3, background: "gray", noise },
    }).jpeg().toFile(join(folder, `${i}.jpg`));
  }
}

const PIPELINE = {
  stages: {
    views: { augment: "simsiam", of: "image", count: 2 },
    y: { encode: "resnet", of: "views", width, blocks: [1, 1, 1] },
    z: { project: "mlp", of: "y", hidden: 64, out: 64, batch_norm: "all" },
    p: { predict: "mlp", of: "z", hidden: 32, out: 64 },
    loss: { loss: "cosine", between: ["p", "stop_gradient(z)"] },
  },
  train: { steps, optimizer: { sgd: { lr: 0.02, momentum: 0.9 } } },
  monitor: "off",
  evaluate: { knn: false, linear: false },
};

const folder = await Deno.makeTempDir({ prefix: "stopgrad-soak-" });
try {
  if (values.stream) await makeFolder(folder, Number(values.images));
  const file = join(folder, "soak.yaml");
  const data = values.stream
    ? { source: "folder", path: folder, size: 32, memory: 0, batch }
    : { source: "photos", batch };
  await Deno.writeTextFile(
    file,
    stringify({ ...PIPELINE, data, checkpoint: { every: 1 } }),
  );
  const samples: Sample[] = [];
  const started = performance.now();
  const { summary } = await train(await loadPipeline(file), {
    runsDir: join(folder, "runs"),
    onEvent(event) {
      if (event.kind !== "step") return;
      const { step } = event.progress;
      if (step % Math.max(1, Math.round(steps / SAMPLES)) !== 0) return;
      const { rss, heapUsed, external } = Deno.memoryUsage();
      samples.push({ step, rss, heapUsed, external });
      if (step % Math.round(steps / 10) === 0) {
        console.log(`step ${step}: ${(rss / 2 ** 20).toFixed(0)} MiB resident`);
      }
    },
  });
  const soak: Soak = {
    command: ["deno run -A bench/soak/run.ts", ...Deno.args].join(" "),
    date: new Date().toISOString().slice(0, 10),
    steps,
    batch,
    seconds: Math.round((performance.now() - started) / 1000),
    engine: summary.engine,
    samples,
  };
  await report(values.stream ? "stream" : "memory", soak);
  console.log(
    `growth after the warm-up: ${(100 * growth(samples)).toFixed(1)} %`,
  );
} finally {
  await Deno.remove(folder, { recursive: true });
}
