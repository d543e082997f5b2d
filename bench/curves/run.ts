/**
 * @file First losses of every shipped pipeline, and a digest of its variables
 * after them: taken before a change of the runtime, compared after it.
 *
 *     deno run -A bench/curves/run.ts --data <tar of CIFAR-10> --take before.json
 *     deno run -A bench/curves/run.ts --data <tar of CIFAR-10> --compare before.json
 *
 * Bits depend on the processor: take and compare on one machine.
 */
import { createHash } from "node:crypto";
import { parseArgs } from "node:util";
import { openEngine } from "../../lib/engine/open.ts";
import { cacheFolder } from "../../lib/engine/cache.ts";
import { loadPipeline } from "../../lib/pipeline/load.ts";
import { TrainingSession } from "../../lib/train/session.ts";

const PIPELINES = new URL("../../pipelines/", import.meta.url).pathname;
const STEPS = 12;
/** Of a step with ResNet-18. */
const LARGE_STEPS = 3;

/** What the first steps of a pipeline came to. */
interface Curve {
  readonly loss: readonly string[];
  readonly variables: string;
}

const { values } = parseArgs({
  options: {
    data: { type: "string" },
    take: { type: "string" },
    compare: { type: "string" },
    only: { type: "string" },
  },
});

function* files(folder: string): Generator<string> {
  for (const { name } of Deno.readDirSync(PIPELINES + folder)) {
    if (name.endsWith(".yaml")) yield `${folder}${name}`;
  }
}

const engine = await openEngine({ device: "cpu" });

async function curveOf(file: string): Promise<Curve> {
  const cifar = file.startsWith("cifar10/");
  const large = cifar && !file.includes("-small");
  const loaded = await loadPipeline(PIPELINES + file, {
    set: [
      "train.epochs=null",
      `train.steps=${large ? LARGE_STEPS : STEPS}`,
      "train.schedule=constant",
      ...cifar
        ? [
          `data={ source: tar, path: ${values.data}, size: 32, batch: ${
            large ? 32 : 128
          } }`,
        ]
        : [],
    ],
  });
  const { pipeline, graph, baseDir } = loaded;
  const { train } = await pipeline.data.source.load(pipeline.data.options, {
    baseDir,
    cacheDir: cacheFolder(),
  });
  const session = await TrainingSession.start(pipeline, graph, engine, train);
  const loss: string[] = [];
  for (let step = 0; step < session.length.steps; step++) {
    loss.push((await session.step())["loss"]?.toString() ?? "");
  }
  const digest = createHash("sha256");
  const state = Object.entries(await session.save()).toSorted(([a], [b]) =>
    a < b ? -1 : 1
  );
  for (const [path, { data }] of state) {
    digest.update(path);
    digest.update(
      new Uint8Array(data.buffer, data.byteOffset, data.byteLength),
    );
  }
  await session.close();
  return { loss, variables: digest.digest("hex").slice(0, 16) };
}

const curves: Record<string, Curve> = {};
const names = [...files(""), ...(values.data ? files("cifar10/") : [])].sort();
for (const file of names.filter((one) => one.includes(values.only ?? ""))) {
  curves[file] = await curveOf(file);
  console.log(file, curves[file].loss.at(-1), curves[file].variables);
}
if (values.take) {
  await Deno.writeTextFile(values.take, JSON.stringify(curves, undefined, 1));
}
if (values.compare) {
  const before = JSON.parse(await Deno.readTextFile(values.compare));
  const same = (file: string): boolean =>
    JSON.stringify(before[file]) === JSON.stringify(curves[file]);
  const compared = Object.keys(curves).filter((file) => file in before);
  const changed = compared.filter((file) => !same(file));
  for (const file of changed) console.log(`not the same: ${file}`);
  console.log(
    `${
      compared.length - changed.length
    } of ${compared.length} equal to the bit`,
  );
  Deno.exit(changed.length === 0 ? 0 : 1);
}
