/** @file Matrix product with weights, and a bias. */
import * as tf from "@tensorflow/tfjs";
import { addBias, sumRows } from "./bias.ts";
import { differentiable } from "./differentiable.ts";
import { kept } from "./kept.ts";
import { product } from "./linear.ts";

/**
 * `x w + b` over the last dimension, for `[..., in]`, `[in, out]` and `[out]`.
 * The backward pass reads `x` and `w`.
 *
 * @returns `[..., out]`
 */
export function affine(
  x: tf.Tensor,
  w: tf.Tensor2D,
  b?: tf.Tensor1D,
): tf.Tensor {
  const [from, to] = w.shape;
  const rows = tf.reshape(x, [-1, from]);
  const y = differentiable(b ? [rows, w, b] : [rows, w], {
    forward(save) {
      save([kept(rows), w]);
      const value = product(rows, w);
      return b ? addBias(value, b) : value;
    },
    backward(dy, saved) {
      const [rows, w] = saved as [tf.Tensor, tf.Tensor];
      return [
        product(dy, w, { b: true }),
        product(rows, dy, { a: true }),
        ...b ? [sumRows(dy)] : [],
      ];
    },
  });
  return tf.reshape(y, [...x.shape.slice(0, -1), to]);
}
