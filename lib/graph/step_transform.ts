/** @file Second part of a step: what happens to gradients before weights move. */
import * as tf from "@tensorflow/tfjs";
import type { Variable } from "../layers/layer.ts";
import type { Train } from "../model/pipeline.ts";
import { sumOfSquares } from "../ops/sum_of_squares.ts";
import type { Gradients } from "./step_gradients.ts";
import type { StepRun } from "./step_run.ts";

/** Sum of a parameter's gradients over the parts of a batch. */
export const accumulated = (parameter: Variable): Variable => ({
  path: `accumulated/${parameter.path}`,
  shape: parameter.shape,
  dtype: "float32",
  init: { kind: "constant", value: 0 },
  role: "buffer",
});

/**
 * Adds a part's share of the batch's gradient to the sum.
 *
 * @param parts Parts of a batch.
 * @param last Whether this is the last: the sum starts anew for the next batch.
 */
export function accumulate(
  gradients: Gradients,
  run: StepRun,
  parts: number,
  last: boolean,
): Gradients {
  if (parts === 1) return gradients;
  return new Map([...gradients].map(([parameter, gradient]) => {
    const variable = accumulated(parameter);
    const sum = tf.add(run.read(variable), tf.div(gradient, parts));
    run.update(variable, last ? tf.zerosLike(sum) : sum);
    return [parameter, sum];
  }));
}

/** What makes some gradients, as one vector, at most so long. */
function factor(gradients: readonly tf.Tensor[], most: number): tf.Tensor {
  const length = tf.sqrt(sumOfSquares([...gradients]));
  return tf.minimum(1, tf.div(most, tf.maximum(length, 1e-12)));
}

/**
 * Scales all gradients down together where their length, as one vector, is
 * above `most` (Pascanu et al. 2012, arXiv:1211.5063, algorithm 1), or each
 * where its own is.
 */
export function clip(
  gradients: Gradients,
  most: Train["clip"],
): Gradients {
  if (most === undefined) return gradients;
  const together = typeof most === "number"
    ? factor([...gradients.values()], most)
    : undefined;
  const scaled = (gradient: tf.Tensor): tf.Tensor =>
    tf.mul(
      gradient,
      together ?? factor([gradient], (most as { each: number }).each),
    );
  return new Map(
    [...gradients].map(([parameter, gradient]) => [
      parameter,
      scaled(gradient),
    ]),
  );
}
