/** @file The encoder alone, as evaluation runs it. */
import type * as tf from "@tensorflow/tfjs";
import { unitPixels } from "../ops/pixels.ts";
import type { Random } from "../ops/random.ts";
import type { AugmentStage, Pipeline, Stage } from "../pipeline/pipeline.ts";
import type { Traceable } from "../trace/execution.ts";
import { augment } from "./forward.ts";
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

/** Stages from the images to `end`, in order of data flow. */
function chain(graph: StageGraph, end: WiredStage): WiredStage[] {
  const stages: WiredStage[] = [];
  for (let wired: WiredStage | undefined = end; wired;) {
    stages.unshift(wired);
    const stage: Stage = wired.stage;
    if (stage.kind === "augment" || !("of" in stage)) break;
    wired = graph.byName.get(stage.of.stage);
  }
  return stages;
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
  const stages = chain(graph, graph.encoder);
  return (execution) => {
    const run = new StepRun(execution, false);
    const [channels, height, width] = graph.image;
    const shape = [batch, channels, height, width];
    const bytes = execution.feed("images", shape, "uint8");
    const images = unitPixels(bytes) as tf.Tensor4D;
    const features = stages.reduce<tf.Tensor>((x, { name, stage, layer }) => {
      if (stage.kind === "augment") {
        return augment(images, evaluationSteps(stage), noRandom, name);
      }
      return layer ? layer(x, run) : x;
    }, images);
    return { features };
  };
}

function evaluationSteps(
  stage: AugmentStage,
): AugmentStage["views"][number] {
  return (stage.views[0] ?? []).filter(({ definition }) =>
    definition.evaluation
  );
}
