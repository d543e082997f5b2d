/** @file Stochastic depth (Huang et al. 2016, arXiv:1603.09382). */
import * as tf from "@tensorflow/tfjs";
import type { Random } from "./random.ts";

/**
 * Leaves out the branch of a residual block in a share `rate` of the samples,
 * and divides it by the share of the others, so that its mean stays.
 *
 * @param branch `[batch, ...]`
 * @param rate At least 0, below 1.
 */
export function dropPath(
  branch: tf.Tensor,
  rate: number,
  random: Random,
): tf.Tensor {
  const [batch = 1, ...rest] = branch.shape;
  const shape = [batch, ...rest.map(() => 1)];
  const stays = tf.floor(random.uniform(shape, 1 - rate, 2 - rate));
  return tf.mul(branch, tf.div(stays, 1 - rate));
}
