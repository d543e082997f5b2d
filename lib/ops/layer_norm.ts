/** @file Layer normalisation (Ba et al. 2016, arXiv:1607.06450). */
import * as tf from "@tensorflow/tfjs";
import { addBias, sumRows } from "./bias.ts";
import type { Again } from "./affine.ts";
import { differentiable } from "./differentiable.ts";
import { kept } from "./kept.ts";

/** Settings of a {@linkcode layerNorm}. */
export interface LayerNormInputs {
  /** `[..., features]` */
  readonly x: tf.Tensor;
  /** `[features]` */
  readonly scale: tf.Tensor1D;
  /** `[features]` */
  readonly offset: tf.Tensor1D;
  /** Added to the variance. */
  readonly epsilon: number;
}

/**
 * Each row of `[..., features]` by its own mean and (biased) variance, as an op
 * for {@linkcode affineAfter}: `(x - mean) / std`.
 *
 * The backward pass reads the normalised rows, and 1 / std of each.
 */
export function normalizeRowsOp(x: tf.Tensor, epsilon: number): Again {
  return {
    forward(save) {
      const centred = tf.sub(x, tf.mean(x, -1, true));
      const variance = tf.mean(tf.square(centred), -1, true);
      const inverse = tf.rsqrt(tf.add(variance, epsilon));
      const normal = tf.mul(centred, inverse);
      save([kept(normal), inverse]);
      return normal;
    },
    again: ([normal]) => normal as tf.Tensor,
    backward(dy, saved) {
      const [normal, inverse] = saved as [tf.Tensor, tf.Tensor];
      // What moves the mean, or the length, of a row is taken out again.
      const level = tf.mean(dy, -1, true);
      const length = tf.mean(tf.mul(dy, normal), -1, true);
      const rest = tf.sub(tf.sub(dy, level), tf.mul(normal, length));
      return [tf.mul(rest, inverse)];
    },
  };
}

/**
 * Normalises each row of `[..., features]` by its own mean and (biased)
 * variance, then scales and shifts it: `y = scale · (x - mean) / std + offset`.
 *
 * The backward pass reads the normalised rows, and 1 / std of each.
 */
export function layerNorm(
  { x, scale, offset, epsilon }: LayerNormInputs,
): tf.Tensor {
  const rows = normalizeRowsOp(x, epsilon);
  return differentiable([x, scale, offset], {
    forward(save) {
      const normal = rows.forward((saved) => save([scale, ...saved]));
      return addBias(tf.mul(normal, scale), offset);
    },
    backward(dy, [scale, ...saved]) {
      const [normal] = saved as [tf.Tensor];
      return [
        ...rows.backward(tf.mul(dy, scale as tf.Tensor), saved),
        sumRows(tf.mul(dy, normal)),
        sumRows(dy),
      ];
    },
  });
}
