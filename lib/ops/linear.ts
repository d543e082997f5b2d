/** @file Matrix product of a layer with its weights. */
import type * as tf from "@tensorflow/tfjs";
import { executeRaw } from "../trace/backend.ts";
import { bool, type } from "./attrs.ts";
import { differentiable } from "./differentiable.ts";

/**
 * Product of two matrices, each transposed first where that is asked for; not
 * differentiable. Recorded as `MatMul`.
 */
export function product(
  a: tf.Tensor,
  b: tf.Tensor,
  transpose: { readonly a?: boolean; readonly b?: boolean } = {},
): tf.Tensor2D {
  const attrs = {
    T: type("float32"),
    transpose_a: bool(transpose.a ?? false),
    transpose_b: bool(transpose.b ?? false),
  };
  return executeRaw("MatMul", attrs, [a, b])[0] as tf.Tensor2D;
}

/**
 * `x w` for `[batch, in]` and `[in, out]`.
 *
 * Recorded as `MatMul`, which the low-precision pass takes for a layer's
 * product; `tf.matMul`, which losses use, is recorded as `BatchMatMulV2`.
 */
export function linear(x: tf.Tensor2D, w: tf.Tensor2D): tf.Tensor2D {
  return differentiable([x, w], {
    forward(save) {
      save([x, w]);
      return product(x, w);
    },
    backward(dy, saved) {
      const [x, w] = saved as [tf.Tensor, tf.Tensor];
      return [product(dy, w, { b: true }), product(x, dy, { a: true })];
    },
  });
}
