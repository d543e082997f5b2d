/** @file Group norm as an op (Wu and He 2018, arXiv:1803.08494). */
import * as tf from "@tensorflow/tfjs";
import { addBias, sumRows } from "./bias.ts";
import { differentiable } from "./differentiable.ts";
import { kept } from "./kept.ts";

/** Settings of a {@linkcode groupNorm}. */
export interface GroupNormInputs {
  /** `[batch, height, width, channels]` */
  readonly x: tf.Tensor4D;
  /** `[channels]` */
  readonly scale: tf.Tensor1D;
  /** `[channels]` */
  readonly offset: tf.Tensor1D;
  /** Groups of channels; divide them. */
  readonly groups: number;
  /** Added to the variance. */
  readonly epsilon: number;
}

/** Places and the channels of a group. */
const AXES = [1, 3];

/**
 * Normalises each group of channels of each image by its own mean and (biased)
 * variance over all places, then scales and shifts each channel.
 *
 * The backward pass reads the normalised values, and 1 / std of each group.
 */
export function groupNorm(
  { x, scale, offset, groups, epsilon }: GroupNormInputs,
): tf.Tensor4D {
  const [batch, height, width, channels] = x.shape;
  const apart = (value: tf.Tensor): tf.Tensor4D =>
    tf.reshape(value, [batch, height * width, groups, channels / groups]);
  const whole = (value: tf.Tensor): tf.Tensor4D => tf.reshape(value, x.shape);
  return differentiable<tf.Tensor4D>([x, scale, offset], {
    forward(save) {
      const grouped = apart(x);
      const centred = tf.sub(grouped, tf.mean(grouped, AXES, true));
      const variance = tf.mean(tf.square(centred), AXES, true);
      const inverse = tf.rsqrt(tf.add(variance, epsilon));
      const normal = whole(tf.mul(centred, inverse));
      save([kept(normal), inverse, scale]);
      return addBias(tf.mul(normal, scale), offset) as tf.Tensor4D;
    },
    backward(dy, saved) {
      const [normal, inverse, scale] = saved as [
        tf.Tensor,
        tf.Tensor,
        tf.Tensor,
      ];
      const along = apart(normal);
      const dn = apart(tf.mul(dy, scale));
      // What moves the mean, or the length, of a group is taken out again.
      const level = tf.mean(dn, AXES, true);
      const length = tf.mean(tf.mul(dn, along), AXES, true);
      const rest = tf.sub(tf.sub(dn, level), tf.mul(along, length));
      return [
        whole(tf.mul(rest, inverse)),
        sumRows(tf.mul(dy, normal)),
        sumRows(dy),
      ];
    },
  });
}
