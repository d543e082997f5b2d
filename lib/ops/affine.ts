/** @file Matrix product with weights, and a bias. */
import * as tf from "@tensorflow/tfjs";
import { addBias, sumRows } from "./bias.ts";
import { type Differentiable, differentiable } from "./differentiable.ts";
import { kept } from "./kept.ts";
import { product } from "./linear.ts";

/** An op whose value is cheap to compute again from what its gradient reads. */
export interface Again extends Differentiable {
  /** The value, from what `forward` saved. */
  again(saved: tf.Tensor[]): tf.Tensor;
}

/** A value as it is: kept for the product's gradient. */
const asIs = (x: tf.Tensor): Again => ({
  forward(save) {
    save([kept(x)]);
    return x;
  },
  again: ([x]) => x as tf.Tensor,
  backward: (dy) => [dy],
});

/**
 * `x w + b` over the last dimension, for `[..., in]`, `[in, out]` and `[out]`.
 * The backward pass reads `x` and `w`.
 *
 * @returns `[..., out]`
 */
export const affine = (
  x: tf.Tensor,
  w: tf.Tensor2D,
  b?: tf.Tensor,
): tf.Tensor => affineAfter([x], asIs(x), w, b);

/**
 * The same of the value of another op, which is not kept for the backward pass
 * but computed again there: a layer norm's, an activation's.
 *
 * @param inputs What `op` computes its value of.
 */
export function affineAfter(
  inputs: readonly tf.Tensor[],
  op: Again,
  w: tf.Tensor2D,
  b?: tf.Tensor,
): tf.Tensor {
  const [from, to] = w.shape;
  const rows = (x: tf.Tensor, width: number): tf.Tensor =>
    tf.reshape(x, [-1, width]);
  return differentiable(b ? [...inputs, w, b] : [...inputs, w], {
    forward(save) {
      const x = op.forward((saved) => save([w, ...saved]));
      const y = product(rows(x, from), w);
      return tf.reshape(b ? addBias(y, b) : y, [...x.shape.slice(0, -1), to]);
    },
    backward(dy, [w, ...saved]) {
      const slopes = rows(dy, to);
      const x = op.again(saved);
      const dx = product(slopes, w as tf.Tensor, { b: true });
      return [
        ...op.backward(tf.reshape(dx, x.shape), saved),
        product(rows(x, from), slopes, { a: true }),
        ...b ? [sumRows(slopes)] : [],
      ];
    },
  });
}
