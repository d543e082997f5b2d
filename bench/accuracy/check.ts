/**
 * @file Whether both sides of the comparison measure the same.
 *
 * `deno run -A bench/accuracy/check.ts` trains a few steps on made images, then
 * gives PyTorch the encoder's variables, the images and our features: its
 * features must agree, and its kNN on our features must give our accuracy.
 * check.py also tests the reference's augmentations. Exit code 1 when not.
 */
import { openEngine } from "../../lib/engine/open.ts";
import { featureReader } from "../../lib/evaluate/features.ts";
import { knnAccuracy } from "../../lib/evaluate/knn.ts";
import { TrainingSession } from "../../lib/train/session.ts";
import { pythonWithTorch } from "../parity/python.ts";
import { type NamedTensors, writeTensors } from "../parity/tensors.ts";
import { type BenchData, type LabelledSet, writeForPython } from "./data.ts";
import { smallPipeline } from "./ours.ts";
import { runPython } from "./pytorch.ts";

const CLASSES = 10;
const SIDE = 32;
/** Enough for the running statistics to leave their first values. */
const STEPS = 5;
/** The protocol of the comparison. */
const KNN = { k: 200, temperature: 0.1 };
/** Images that may fall on the other side of a tie. */
const TIES = 1;
/** Largest difference of features, as a share of the largest feature. */
const TOLERANCE = 1e-4;

/** What check.py finds. */
interface Found {
  readonly knn: number;
  /** Largest difference of features, as a share of the largest. */
  readonly features: number;
}

/** Noise around a colour for each class: neither hopeless nor trivial. */
function madeImages(count: number, random: () => number): LabelledSet {
  const size = SIDE * SIDE * 3;
  const pixels = new Uint8Array(count * size);
  const labels = Int32Array.from({ length: count }, (_, i) => i % CLASSES);
  for (let i = 0; i < count; i++) {
    const shade = [0, 1, 2].map((channel) =>
      90 + 8 * (((labels[i] ?? 0) * (channel + 1)) % CLASSES) + 60 * random()
    );
    for (let k = 0; k < size; k++) {
      pixels[i * size + k] = (shade[k % 3] ?? 0) + 30 * random();
    }
  }
  return { count, height: SIDE, width: SIDE, channels: 3, pixels, labels };
}

/** Multiplicative congruential generator of Park and Miller (1988). */
function generator(seed: number): () => number {
  let state = seed;
  return () => (state = state * 48271 % 0x7fffffff) / 0x7fffffff;
}

/** Our accuracy; the folder gets what check.py reads. */
async function measureOurs(data: BenchData, folder: string): Promise<number> {
  const training = {
    method: "simsiam",
    seed: 0,
    epochs: 2,
    threads: 1,
  } as const;
  const { pipeline, graph } = await smallPipeline(training, data);
  const engine = await openEngine({ device: "cpu" });
  const session = await TrainingSession.start(
    pipeline,
    graph,
    engine,
    data.train,
  );
  try {
    for (let i = 0; i < STEPS; i++) await session.step();
    const encoder = Object.entries(await session.save())
      .filter(([path]) => path.startsWith("y/"));
    await writeTensors(`${folder}/variables`, Object.fromEntries(encoder));
    const read = featureReader(session);
    const labelled = async ({ labels, ...set }: LabelledSet) => ({
      features: await read(set),
      labels,
    });
    const bank = await labelled(data.train);
    const queries = await labelled(data.test);
    const tensors: NamedTensors = Object.fromEntries(
      ([["train", bank], ["test", queries]] as const).map((
        [name, { features: { count, width, data } }],
      ) => [
        `${name}-features`,
        { dtype: "float32", shape: [count, width], data },
      ]),
    );
    await writeTensors(folder, tensors);
    return await knnAccuracy(session, bank, queries, CLASSES, KNN);
  } finally {
    await session.close();
  }
}

async function main(): Promise<number> {
  const random = generator(1);
  const data = {
    train: madeImages(2000, random),
    test: madeImages(500, random),
  };
  const folder = await Deno.makeTempDir({ prefix: "accuracy-check-" });
  try {
    await writeForPython(data, folder);
    const ours = await measureOurs(data, folder);
    const python = await pythonWithTorch();
    const found = await runPython(python, "check.py", folder) as Found;
    console.log(`kNN on the same features: ${ours} here, ${found.knn} there`);
    console.log(`features differ by ${found.features.toExponential(1)}`);
    const sameKnn = Math.abs(ours - found.knn) * data.test.count < TIES + 0.5;
    return sameKnn && found.features <= TOLERANCE ? 0 : 1;
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

if (import.meta.main) Deno.exit(await main());
