/** @file One run of the bench, in a process of its own; prints a line of JSON. */
import { join } from "node:path";
import process from "node:process";
import { stringify } from "yaml";
import { loadPipeline } from "../../lib/pipeline/load.ts";
import { train } from "../../lib/train/train.ts";

/** What a run showed. */
export interface Measured {
  /** Of the last steps. */
  readonly imagesPerSecond: number;
  /** Share of the time that steps waited for images. */
  readonly waiting: number;
  /** Seconds of the load. */
  readonly load: number;
  /** Milliseconds of all cores for an image, but for the first tenth of the steps. */
  readonly cpu: number;
  /** Resident bytes after a tenth of the steps. */
  readonly early: number;
  /** Resident bytes at the end. */
  readonly late: number;
}

if (import.meta.main) {
  const [folder = "", memory = "0", steps = "200"] = Deno.args;
  const count = Number(steps);
  const batch = 128;
  const runs = await Deno.makeTempDir({ prefix: "stopgrad-large-runs-" });
  try {
    const file = join(runs, "large.yaml");
    await Deno.writeTextFile(
      file,
      stringify({
        data: {
          source: "folder",
          path: folder,
          size: 32,
          batch,
          memory: Number(memory),
        },
        stages: {
          views: { augment: "simsiam", of: "image", count: 2 },
          y: { encode: "resnet", of: "views", width: 16, blocks: [1, 1, 1] },
          z: {
            project: "mlp",
            of: "y",
            hidden: 512,
            out: 512,
            batch_norm: "all",
          },
          p: { predict: "mlp", of: "z", hidden: 128, out: 512 },
          loss: { loss: "cosine", between: ["p", "stop_gradient(z)"] },
        },
        train: { steps: count, optimizer: { sgd: { lr: 0.05 } } },
        monitor: "off",
        evaluate: { knn: false, linear: false },
      }),
    );
    const started = performance.now();
    let load = 0;
    let last: Pick<Measured, "imagesPerSecond" | "waiting"> | undefined;
    let used: NodeJS.CpuUsage | undefined;
    let cpu = 0;
    let early = 0;
    let late = 0;
    await train(await loadPipeline(file), {
      runsDir: runs,
      onEvent(event) {
        if (event.kind === "ready") {
          load = (performance.now() - started) / 1000 - event.seconds;
        }
        if (event.kind !== "step") return;
        const { step, imagesPerSecond, waiting } = event.progress;
        const { rss } = Deno.memoryUsage();
        const first = Math.ceil(count / 10);
        if (step === first) {
          early = rss;
          used = process.cpuUsage();
        }
        late = rss;
        const { user, system } = process.cpuUsage(used);
        cpu = (user + system) / 1000 / (batch * (step - first));
        last = { imagesPerSecond, waiting };
      },
    });
    if (!last) throw new Error("no step was done");
    console.log(JSON.stringify({ ...last, cpu, load, early, late }));
  } finally {
    await Deno.remove(runs, { recursive: true });
  }
}
