/**
 * @file Our side: trains a pipeline and writes what the reference needs to
 * repeat it, and what it should then find.
 *
 * `deno run -A bench/parity/export.ts PIPELINE FOLDER` writes to FOLDER
 *
 * - `initial/<path>.npy`: every variable before the first step;
 * - `views.npy`: the augmented images, `[steps, views, batch, height, width,
 *   channels]`;
 * - `indices.json`: which images each step took;
 * - `losses.json`: the loss of each step;
 * - `final/<path>.npy`: every variable after the last step.
 */
import { join } from "node:path";
import type * as tf from "@tensorflow/tfjs";
import { epochOrder } from "../../lib/data/shuffle.ts";
import { cacheFolder } from "../../lib/engine/cache.ts";
import { type Engine, openEngine } from "../../lib/engine/open.ts";
import { STEP } from "../../lib/graph/step.ts";
import type { TensorData } from "../../lib/ir/dtype.ts";
import { inMemory } from "../../lib/data/source.ts";
import { unitPixels } from "../../lib/ops/pixels.ts";
import { type LoadedPipeline, loadPipeline } from "../../lib/pipeline/load.ts";
import type { Traceable } from "../../lib/trace/execution.ts";
import { planarBatch } from "../../lib/data/planar.ts";
import { TrainingSession } from "../../lib/train/session.ts";
import { viewsOf } from "../../lib/graph/views.ts";
import { type NamedTensors, writeTensors } from "./tensors.ts";

/**
 * The step's own augmentations, by themselves. Random numbers depend on seed,
 * place and step counter alone, so they give the views that the next step
 * will train on.
 */
function viewsOfStep({ pipeline, graph }: LoadedPipeline): Traceable {
  const [channels, height, width] = graph.image;
  return (execution) => {
    const shape = [pipeline.data.batch, channels, height, width];
    const images = unitPixels(execution.feed("images", shape, "uint8"));
    const step = execution.read(STEP) as tf.Scalar;
    const views = viewsOf(graph, execution, {
      images,
      seed: pipeline.seed,
      step,
    });
    return Object.fromEntries(views.map((view, i) => [`view${i}`, view]));
  };
}

/** Images of a step; the run is shorter than an epoch. */
function indicesOf(session: TrainingSession): Int32Array {
  const { pipeline, data, done, length } = session;
  const { batch } = pipeline.data;
  const epoch = Math.floor(done / length.stepsPerEpoch);
  const from = (done % length.stepsPerEpoch) * batch;
  return epochOrder(pipeline.seed, epoch, data.count).slice(from, from + batch);
}

/** One tensor of the same shapes along a new first axis. */
function stack(tensors: readonly TensorData[]): TensorData {
  const [first] = tensors;
  if (!first) throw new RangeError("Cannot stack no tensors");
  const size = first.data.length;
  const data = new Float32Array(tensors.length * size);
  tensors.forEach((tensor, i) => {
    data.set(tensor.data as Float32Array, i * size);
  });
  return { dtype: "float32", shape: [tensors.length, ...first.shape], data };
}

/** Variables of the model: no optimizer slots, no step counter. */
async function modelVariables(session: TrainingSession): Promise<NamedTensors> {
  const all = Object.entries(await session.save());
  return Object.fromEntries(
    all.filter(([path, { dtype }]) =>
      dtype === "float32" && !path.startsWith("optimizer/")
    ),
  );
}

/** Trains a pipeline to its end and writes the files; returns the losses. */
export async function exportRun(
  engine: Engine,
  pipelineFile: string,
  folder: string,
): Promise<readonly number[]> {
  const loaded = await loadPipeline(pipelineFile);
  const { pipeline, graph, baseDir } = loaded;
  const { train } = await pipeline.data.source.load(pipeline.data.options, {
    baseDir,
    cacheDir: cacheFolder(),
  });
  const session = await TrainingSession.start(pipeline, graph, engine, train);
  try {
    const augment = session.load("parity-views", viewsOfStep(loaded));
    const views: TensorData[] = [];
    const indices: number[][] = [];
    const losses: number[] = [];
    await writeTensors(join(folder, "initial"), await modelVariables(session));
    while (session.done < session.length.steps) {
      const batch = indicesOf(session);
      const images = planarBatch(inMemory(train), batch);
      views.push(stack(Object.values(await augment.run({ images }))));
      indices.push([...batch]);
      losses.push((await session.step())["loss"] ?? Number.NaN);
    }
    await writeTensors(join(folder, "final"), await modelVariables(session));
    await writeTensors(folder, { views: stack(views) });
    const json = (name: string, value: unknown) =>
      Deno.writeTextFile(join(folder, name), JSON.stringify(value));
    await json("indices.json", indices);
    await json("losses.json", losses);
    return losses;
  } finally {
    await session.close();
  }
}

if (import.meta.main) {
  const [pipelineFile, folder] = Deno.args;
  if (!pipelineFile || !folder) {
    console.error("usage: deno run -A bench/parity/export.ts PIPELINE FOLDER");
    Deno.exit(2);
  }
  const engine = await openEngine({ device: "cpu" });
  console.log((await exportRun(engine, pipelineFile, folder)).join("\n"));
}
