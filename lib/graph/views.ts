/** @file The augmentations of a step, by themselves. */
import type * as tf from "@tensorflow/tfjs";
import { beforeWeights, runStages } from "./forward.ts";
import { outputOf, type StageGraph } from "./stage_graph.ts";
import { StepRun } from "./step_run.ts";
import { IMAGE } from "../model/reference.ts";
import { StatelessRandom } from "../ops/random.ts";
import { OUTPUT, type Values } from "../stages/define.ts";
import type { Execution } from "../trace/execution.ts";

/** What the views of a step depend on. */
export interface Shown {
  /** Planar, float32 in 0..1: `[batch, channels, height, width]`. */
  readonly images: tf.Tensor;
  readonly seed: number;
  /** An int32 scalar. */
  readonly step: tf.Scalar;
}

/**
 * Views of all augment stages, by stage, `[batch, height, width, channels]`.
 * Random numbers depend on seed, place and step alone, so they are those that a
 * training step would see.
 */
export function viewsByStage(
  graph: StageGraph,
  execution: Execution,
  { images, seed, step }: Shown,
): ReadonlyMap<string, readonly tf.Tensor[]> {
  const run = new StepRun(execution, true, {
    reads: () => true,
    random: (place) => new StatelessRandom(seed, place, step),
    scheduled: (stage, option) => {
      throw new Error(`"${stage}" wants a number of the run, "${option}"`);
    },
    frozen: () => false,
  });
  const values = new Map<string, Values>([[IMAGE, { [OUTPUT]: [images] }]]);
  const stages = beforeWeights(graph.order).before.filter((wired) =>
    outputOf(wired)?.every(({ is }) => is === "image")
  );
  runStages(stages, values, run, new Set(), images.shape[0] ?? 0);
  return new Map(
    stages.map(({ name }) => [name, values.get(name)?.[OUTPUT] ?? []]),
  );
}

/** The same, one after another. */
export const viewsOf = (
  ...args: Parameters<typeof viewsByStage>
): readonly tf.Tensor[] => [...viewsByStage(...args).values()].flat();
