/** @file Chosen places as marks of all places. */
import * as tf from "@tensorflow/tfjs";

/**
 * 1 where a place is among the chosen ones, else 0; no gradient flows.
 *
 * @param places Numbers of the chosen places, int32 `[batch, chosen]`; a place
 * may be chosen twice.
 * @param count Places that there are.
 * @returns float32 `[batch, count]`
 */
export function marked(places: tf.Tensor2D, count: number): tf.Tensor2D {
  const all = tf.range(0, count, 1, "int32");
  const same = tf.equal(tf.expandDims(places, 2), tf.reshape(all, [1, 1, -1]));
  return tf.max(tf.cast(same, "float32"), 1);
}
