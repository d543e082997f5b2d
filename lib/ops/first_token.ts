/** @file The first of several tokens. */
import * as tf from "@tensorflow/tfjs";

/** `[batch, 1, width]` of `[batch, tokens, width]`. */
export function firstToken(x: tf.Tensor): tf.Tensor3D {
  const [batch, , width] = x.shape as [number, number, number];
  return tf.slice(x, [0, 0, 0], [batch, 1, width]) as tf.Tensor3D;
}
