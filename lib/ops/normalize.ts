/** @file Scaling rows to length one. */
import * as tf from "@tensorflow/tfjs";

/**
 * Divides each row of `[rows, features]` by its Euclidean length, or by
 * `epsilon` where that is larger (as PyTorch's `normalize`).
 */
export function l2Normalize(x: tf.Tensor2D, epsilon = 1e-12): tf.Tensor2D {
  const squares = tf.sum(tf.square(x), 1, true);
  return tf.mul(x, tf.rsqrt(tf.maximum(squares, epsilon ** 2)));
}
