/** @file The encoder alone, as evaluation runs it. */
import type * as tf from "@tensorflow/tfjs";
import { unitPixels } from "../ops/pixels.ts";
import type { Random } from "../ops/random.ts";
import type { Pipeline, Stage } from "../pipeline/pipeline.ts";
import type { Traceable } from "../trace/execution.ts";
import { evaluationSteps } from "./evaluation_steps.ts";
import { augment, runNetwork } from "./forward.ts";
import { StepRun } from "./step_run.ts";
import type { StageGraph, WiredStage } from "./stage_graph.ts";

const noRandom: Random = {
  uniform() {
    throw new Error("internal: a transform of evaluation drew a random number");
  },
  normal() {
    throw new Error("internal: a transform of evaluation drew a random number");
  },
};

/** Stages from the images to `end`, in order of data flow, and the view that they read. */
export function chain(
  { byName }: Pick<StageGraph, "byName">,
  end: WiredStage,
): { readonly stages: readonly WiredStage[]; readonly view: number } {
  const stages: WiredStage[] = [];
  let view = 0;
  for (let wired: WiredStage | undefined = end; wired;) {
    stages.unshift(wired);
    const stage: Stage = wired.stage;
    if (stage.kind === "augment" || !("of" in stage)) break;
    view = stage.of.view ?? view;
    wired = byName.get(stage.of.stage);
  }
  return { stages, view };
}

/**
 * Features of a batch of images: transforms that evaluation keeps, then the
 * encoder with its running batch-norm statistics.
 *
 * Feeds `images`, uint8 `[batch, channels, height, width]`; fetches
 * `features`, `[batch, ...]`.
 */
export function featureExtractor(
  graph: StageGraph,
  batch: Pipeline["data"]["batch"],
): Traceable {
  const { stages, view } = chain(graph, graph.encoder);
  return (execution) => {
    const run = new StepRun(execution, false);
    const [channels, height, width] = graph.image;
    const shape = [batch, channels, height, width];
    const bytes = execution.feed("images", shape, "uint8");
    const images = unitPixels(bytes) as tf.Tensor4D;
    const features = stages.reduce<tf.Tensor>((x, wired) => {
      const { name, stage, layer } = wired;
      if (layer) return runNetwork(graph, wired, x, run);
      if (stage.kind !== "augment") return x;
      const steps = evaluationSteps(stage, view, graph.image);
      return augment(images, steps, noRandom, name);
    }, images);
    return { features };
  };
}
