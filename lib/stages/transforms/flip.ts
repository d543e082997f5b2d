/** @file Mirroring along one axis, as a product with a permutation. */
import * as tf from "@tensorflow/tfjs";
import type { Random } from "../../ops/random.ts";
import { chosen, spreadOver } from "./options.ts";

/**
 * The identity, or what reverses an axis, for each sample: its product with
 * images is cheaper than reversing them and selecting.
 *
 * @returns `[batch, 1, side, side]`
 */
export function mirrors(
  random: Random,
  batch: number,
  side: number,
  p: number,
): tf.Tensor {
  const flipped = spreadOver(chosen(random, batch, p), 3);
  const same = tf.eye(side);
  const matrix = tf.add(
    tf.mul(tf.reverse(same, 0), flipped),
    tf.mul(same, tf.sub(1, flipped)),
  );
  return tf.expandDims(matrix, 1);
}
