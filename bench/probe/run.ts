/**
 * @file The linear probe beside scikit-learn's logistic regression, on the
 * features of a run's encoder, of the same encoder untrained, and on pixels.
 *
 *     deno run -A bench/probe/run.ts RUN [--python FILE] [--seeds 3]
 */
import { parseArgs } from "node:util";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Encoder } from "../../lib/encoder/encoder.ts";
import { cacheFolder } from "../../lib/engine/cache.ts";
import { UserError } from "../../lib/errors.ts";
import { top1 } from "../../lib/evaluate/accuracy.ts";
import {
  type FeatureReader,
  gatherFeatures,
  rawPixels,
} from "../../lib/evaluate/features.ts";
import { knnAccuracy } from "../../lib/evaluate/knn.ts";
import { classCount, labelled } from "../../lib/evaluate/labelled.ts";
import { logisticWinners } from "../../lib/evaluate/logistic.ts";
import type { Labelled } from "../../lib/evaluate/probe_set.ts";
import { encodeNpy } from "../npy.ts";
import { pythonWith } from "../python.ts";

/** As pipelines have it where they say nothing. */
const KNN = { k: 20, temperature: 0.1 };

const { positionals: [run], values } = parseArgs({
  allowPositionals: true,
  options: { python: { type: "string" }, seeds: { type: "string" } },
});
if (!run) throw new UserError("Name the folder of a run.");
const python = values.python ?? await pythonWith({
  name: "bench-probe",
  requirements: new URL("requirements.txt", import.meta.url),
});
const trained = await Encoder.open(run, { device: "cpu" });
const { pipeline, baseDir } = trained.run.loaded;
const { source, options } = pipeline.data;
const data = await source.load(options, { baseDir, cacheDir: cacheFolder() });
const { train, test } = data;
if (!test) throw new UserError("The run's images have no test images.");
const classes = classCount(train);

const readerOf = (encoder: Encoder): FeatureReader => (set) =>
  gatherFeatures(set, encoder.embed(set));

async function beside(
  folder: string,
  sets: readonly [Labelled, Labelled],
  c: number,
): Promise<{ accuracy: number; seconds: number }> {
  for (const [i, name] of ["train", "test"].entries()) {
    const { features: { count, width, data }, labels } = sets[i] as Labelled;
    const write = (file: string, shape: number[], values: Float32Array) =>
      Deno.writeFile(
        join(folder, `${file}.npy`),
        encodeNpy({
          dtype: "float32",
          shape,
          data: Float32Array.from(values),
        }),
      );
    await write(name, [count, width], data);
    await write(`${name}_labels`, [count], Float32Array.from(labels));
  }
  const script = fileURLToPath(new URL("sklearn_probe.py", import.meta.url));
  const { stdout } = await new Deno.Command(python, {
    args: [script, folder, `${c}`],
    stderr: "inherit",
  }).output();
  return JSON.parse(new TextDecoder().decode(stdout));
}

const percent = (share: number): string => (100 * share).toFixed(1);

async function row(name: string, read: FeatureReader): Promise<void> {
  const [bank, asked] = [
    await labelled(train, read),
    await labelled(test!, read),
  ];
  const before = performance.now();
  const found = await logisticWinners(trained, bank, asked, classes);
  const seconds = (performance.now() - before) / 1000;
  const near = await knnAccuracy(trained, bank, asked, classes, KNN);
  const folder = await Deno.makeTempDir();
  const theirs = await beside(folder, [bank, asked], found.c);
  await Deno.remove(folder, { recursive: true });
  const ours = top1(found.winners, asked.labels);
  const cells = [
    name,
    `${bank.features.width}`,
    `${found.c}`,
    percent(ours),
    percent(theirs.accuracy),
    (100 * (ours - theirs.accuracy)).toFixed(2),
    seconds.toFixed(1),
    theirs.seconds.toFixed(1),
    percent(near),
  ];
  console.log(`| ${cells.join(" | ")} |`);
}

console.log(
  "| features | numbers | C | ours, % | scikit-learn, % | difference, points | ours, s | its fit alone, s | kNN, % |\n| - | - | - | - | - | - | - | - | - |",
);
await row(`trained: ${run}, ${trained.run.chosen}`, readerOf(trained));
for (let seed = 0; seed < Number(values.seeds ?? 1); seed++) {
  const untrained = await Encoder.open(run, {
    device: "cpu",
    engine: trained.engine,
    checkpoint: "untrained",
    seed,
  });
  await row(`untrained, seed ${seed}`, readerOf(untrained));
  untrained.close();
}
await row("raw pixels", rawPixels);
trained.close();
