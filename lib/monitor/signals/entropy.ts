/** @file Entropy of probabilities, as a share of the most that it can be. */
import * as tf from "@tensorflow/tfjs";
import type { Assignments, StepInputs } from "../define.ts";

/** `-sum p log p / log K` of each row, `[rows, K]` to `[rows]`; 0 log 0 is 0. */
export function entropyShare(p: tf.Tensor): tf.Tensor {
  const logs = tf.log(tf.maximum(p, 1e-30));
  const most = Math.log(Math.max(2, p.shape.at(-1) as number));
  return tf.div(tf.neg(tf.sum(tf.mul(p, logs), -1)), most);
}

/** Share that all rows together give to each prototype, `[1, K]`. */
export const shareOfAll = (p: tf.Tensor): tf.Tensor => tf.mean(p, 0, true);

/** A number of each loss that assigns images to prototypes. */
export const ofAssignments = (
  { assignments }: StepInputs,
  measure: (of: Assignments) => tf.Tensor,
): Record<string, tf.Tensor> =>
  Object.fromEntries(
    [...assignments].map(([stage, of]) => [stage, measure(of)]),
  );
