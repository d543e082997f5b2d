/** @file The encoder alone, as evaluation runs it. */
import type * as tf from "@tensorflow/tfjs";
import { unitPixels } from "../ops/pixels.ts";
import type { Random } from "../ops/random.ts";
import { runUserCode } from "../stages/user_code.ts";
import type { Traceable } from "../trace/execution.ts";
import { chainTo, evaluatedStages } from "./encoder_chain.ts";
import type { StageGraph, WiredStage } from "./stage_graph.ts";
import { type Sources, StepRun } from "./step_run.ts";

function drawn(): never {
  throw new Error("internal: evaluation drew a random number");
}

const NO_RANDOM: Random = { uniform: drawn, normal: drawn };

/** Evaluation draws nothing, reads one output of each stage, and no option changes in it: the last value stands. */
const EVALUATION = (
  graph: StageGraph,
  outputs: ReadonlyMap<string, string>,
): Sources => ({
  reads: (stage, output) => outputs.get(stage) === output,
  random: () => NO_RANDOM,
  scheduled: (stage, option) => {
    const { options } = graph.byName.get(stage)?.stage ?? {};
    const value = (options as Record<string, number | { to: number }>)[option];
    return typeof value === "object" ? value.to : value ?? 0;
  },
  frozen: () => false,
});

/**
 * Features of a batch of images: transforms that evaluation keeps, then the
 * encoder with its running batch-norm statistics.
 *
 * Feeds `images`, uint8 `[batch, channels, height, width]`; fetches
 * `features`, `[batch, ...]`.
 */
export function featureExtractor(
  graph: StageGraph,
  batch: number,
  encoder: WiredStage = graph.encoder,
): Traceable {
  const stages = evaluatedStages(graph, chainTo(graph.byName, encoder), batch);
  const outputs = new Map(stages.map(({ name, output }) => [name, output]));
  return (execution) => {
    const run = new StepRun(execution, false, EVALUATION(graph, outputs));
    const [channels, height, width] = graph.image;
    const shape = [batch, channels, height, width];
    const bytes = execution.feed("images", shape, "uint8");
    const features = stages.reduce<tf.Tensor>(
      (x, { name, code, input, built, output }) =>
        execution.scope(name, () =>
          runUserCode(code, name, () => {
            const outputs = built.apply({ [input]: [x] }, run.of(name));
            return outputs[output]?.[0] as tf.Tensor;
          })),
      unitPixels(bytes),
    );
    return { features };
  };
}
