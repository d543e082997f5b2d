/** @file Layer normalisation (Ba et al. 2016, arXiv:1607.06450). */
import * as tf from "@tensorflow/tfjs";
import { addBias, sumRows } from "./bias.ts";
import { differentiable } from "./differentiable.ts";
import { kept } from "./kept.ts";

/**
 * Normalises each row of `[..., features]` by its own mean and (biased)
 * variance, then scales and shifts it: `y = scale · (x - mean) / std + offset`.
 *
 * The backward pass reads the normalised rows, and 1 / std of each.
 *
 * @param scale `[features]`
 * @param offset `[features]`
 * @param epsilon Added to the variance.
 */
export function layerNorm(
  x: tf.Tensor,
  scale: tf.Tensor1D,
  offset: tf.Tensor1D,
  epsilon: number,
): tf.Tensor {
  return differentiable([x, scale, offset], {
    forward(save) {
      const centred = tf.sub(x, tf.mean(x, -1, true));
      const variance = tf.mean(tf.square(centred), -1, true);
      const inverse = tf.rsqrt(tf.add(variance, epsilon));
      const normal = tf.mul(centred, inverse);
      save([kept(normal), inverse, scale]);
      return addBias(tf.mul(normal, scale), offset);
    },
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
  });
}
