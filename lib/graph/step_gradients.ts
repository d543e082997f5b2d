/** @file First part of a step: forwards, and back to the gradients. */
import * as tf from "@tensorflow/tfjs";
import type { Variable } from "../layers/layer.ts";
import type { Scheduled } from "../stages/define.ts";
import {
  beforeWeights,
  runStages,
  type StageValues,
  trainedBelow,
} from "./forward.ts";
import { isObjective, type StageGraph, trainedOf } from "./stage_graph.ts";
import type { StepRun } from "./step_run.ts";

/** Gradient of each trained variable. */
export type Gradients = ReadonlyMap<Variable, tf.Tensor>;

/** What comes out of the stages. */
export interface Backward {
  /** Sum of all losses, each times its weight. */
  readonly loss: tf.Scalar;
  /** Each loss's own value, before its weight, by stage. */
  readonly losses: Readonly<Record<string, tf.Tensor>>;
  readonly gradients: Gradients;
}

/** Factor of a stage's loss: a number, or the scalar of this step. */
export type WeightOf = (stage: string) => Scheduled;

/**
 * Runs all stages and takes the gradients of the sum of the losses. Values of
 * the stages join `values`, and outlive the step's autodiff.
 */
export function computeGradients(
  graph: StageGraph,
  values: StageValues,
  run: StepRun,
  batch: number,
  weightOf: WeightOf,
): Backward {
  const learns = trainedBelow(graph.order);
  const { before, after } = beforeWeights(graph.order);
  runStages(before, values, run, learns, batch);
  const parameters = graph.order.flatMap(trainedOf);
  const losses: Record<string, tf.Tensor> = {};
  const { value: loss, grads } = tf.valueAndGrads(() => {
    runStages(after, values, run, learns, batch);
    for (const { name } of after) {
      for (const views of Object.values(values.get(name) ?? {})) {
        for (const view of views) tf.keep(view);
      }
    }
    const terms = after.filter(({ stage }) => isObjective(stage))
      .map(({ name }) => {
        const value = values.get(name)?.["loss"]?.[0] as tf.Scalar;
        losses[name] = value;
        const weight = weightOf(name);
        return weight === 1 ? value : tf.mul(value, weight) as tf.Scalar;
      });
    return tf.addN(terms) as tf.Scalar;
  })(parameters.map((parameter) => run.read(parameter)));
  return {
    loss,
    losses,
    gradients: new Map(
      parameters.map((parameter, i) => [parameter, grads[i] as tf.Tensor]),
    ),
  };
}
