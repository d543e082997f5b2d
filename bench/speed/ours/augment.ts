/** @file Our augmentation alone, in the engine. */
import { fileURLToPath } from "node:url";
import type * as tf from "@tensorflow/tfjs";
import { openEngine } from "../../../lib/engine/open.ts";
import { STEP } from "../../../lib/graph/step.ts";
import { unitPixels } from "../../../lib/ops/pixels.ts";
import { loadPipeline } from "../../../lib/pipeline/load.ts";
import { compiledRuntime } from "../../../lib/compile/runtime.ts";
import type { Traceable, VariableRef } from "../../../lib/trace/execution.ts";
import { planarBatch, range } from "../../../lib/data/planar.ts";
import { viewsOf } from "../../../lib/graph/views.ts";
import { readImages, registryOf } from "./images.ts";
import type { Ready, Surroundings } from "./ready.ts";

/**
 * Views of a batch that lies in the engine. They stay there, as in a training
 * step.
 */
export async function augment(
  { batch }: { readonly batch: number },
  { device, threads, pixels }: Surroundings,
): Promise<Ready> {
  const file = new URL(
    "../../../pipelines/cifar10/simsiam-small.yaml",
    import.meta.url,
  );
  const data = await readImages({ kind: "data" }, pixels);
  const { pipeline, graph } = await loadPipeline(fileURLToPath(file), {
    set: [`data.batch=${batch}`],
    registry: registryOf(data),
  });
  const engine = await openEngine({ device, threads });
  const runtime = compiledRuntime(engine);
  const [channels, height, width] = graph.image;
  const resident: VariableRef = {
    path: "images",
    shape: [batch, channels, height, width],
    dtype: "uint8",
  };
  const fill: Traceable = (execution) => {
    const fed = execution.feed("pixels", resident.shape, resident.dtype);
    execution.assign(resident, fed);
    execution.assign(STEP, execution.feed("step", [], "int32"));
    return {};
  };
  let views = 0;
  const augmented: Traceable = (execution) => {
    const step = execution.read(STEP) as tf.Scalar;
    const images = unitPixels(execution.read(resident));
    const kept = viewsOf(graph, execution, {
      images,
      seed: pipeline.seed,
      step,
    });
    kept.forEach((view, i) =>
      execution.assign(
        { path: `view${i}`, shape: view.shape, dtype: "float32" },
        view,
      )
    );
    views = kept.length;
    execution.assign(STEP, step.add(1).toInt());
    return {};
  };
  await runtime.load("fill", fill).run({
    pixels: planarBatch(data, range(0, batch)),
    step: { dtype: "int32", shape: [], data: Int32Array.of(0) },
  });
  const program = runtime.load("augment", augmented);
  const run = async (count: number): Promise<void> => {
    for (let i = 0; i < count; i++) await program.run();
  };
  await run(3);
  return { facts: { units: batch * views }, run, engine };
}
