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

/** Layer norm as an op, for {@linkcode affineAfter}; of its own, {@linkcode layerNorm}. */
export function layerNormOp(
  { x, scale, offset, epsilon }: LayerNormInputs,
): Again {
  const placed = (normal: tf.Tensor, scale: tf.Tensor, offset: tf.Tensor) =>
    addBias(tf.mul(normal, scale), offset);
  return {
    forward(save) {
      const centred = tf.sub(x, tf.mean(x, -1, true));
      const variance = tf.mean(tf.square(centred), -1, true);
      const inverse = tf.rsqrt(tf.add(variance, epsilon));
      const normal = tf.mul(centred, inverse);
      save([kept(normal), inverse, scale, offset]);
      return placed(normal, scale, offset);
    },
    again: ([normal, , scale, offset]) =>
      placed(normal as tf.Tensor, scale as tf.Tensor, offset as tf.Tensor),
    backward(dy, saved) {
      const [normal, inverse, scale] = saved as [
        tf.Tensor,
        tf.Tensor,
        tf.Tensor,
      ];
      const weighted = tf.mul(dy, normal);
      const dn = tf.mul(dy, scale);
      // What moves the mean, or the length, of a row is taken out again.
      const level = tf.mean(dn, -1, true);
      const length = tf.mean(tf.mul(weighted, scale), -1, true);
      const rest = tf.sub(tf.sub(dn, level), tf.mul(normal, length));
      return [tf.mul(rest, inverse), sumRows(weighted), sumRows(dy)];
    },
  };
}

/**
 * Normalises each row of `[..., features]` by its own mean and (biased)
 * variance, then scales and shifts it: `y = scale · (x - mean) / std + offset`.
 *
 * The backward pass reads the normalised rows, and 1 / std of each.
 */
export function layerNorm(inputs: LayerNormInputs): tf.Tensor {
  const { x, scale, offset } = inputs;
  return differentiable([x, scale, offset], layerNormOp(inputs));
}
