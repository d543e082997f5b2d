/** @file Group norm, which needs no batch (Wu and He 2018, arXiv:1803.08494). */
import * as tf from "@tensorflow/tfjs";
import type { Layer, ParameterScope } from "./layer.ts";

/** Settings of a {@linkcode groupNorm}. */
export interface GroupNormOptions {
  /** Features, the last dimension. */
  readonly channels: number;
  /** Groups of channels; divide them. */
  readonly groups: number;
  /** Added to the variance. Default 1e-5, PyTorch's. */
  readonly epsilon?: number;
}

/**
 * Normalises each group of channels of each image by its own mean and (biased)
 * variance over all places, for `[batch, height, width, channels]`; then comes
 * a learned scale and offset of each channel.
 */
export function groupNorm(
  scope: ParameterScope,
  { channels, groups, epsilon = 1e-5 }: GroupNormOptions,
): Layer {
  const constant = (value: number) => ({ kind: "constant", value } as const);
  const scale = scope.declare("scale", [channels], "norm", constant(1));
  const offset = scope.declare("offset", [channels], "norm", constant(0));
  return (x, run) =>
    run.scope(scope.path, () => {
      const [batch, height, width] = x.shape as [number, number, number];
      const grouped = tf.reshape(x, [
        batch,
        height * width,
        groups,
        channels / groups,
      ]);
      const centred = tf.sub(grouped, tf.mean(grouped, [1, 3], true));
      const variance = tf.mean(tf.square(centred), [1, 3], true);
      const normal = tf.mul(centred, tf.rsqrt(tf.add(variance, epsilon)));
      const scaled = tf.mul(tf.reshape(normal, x.shape), run.read(scale));
      return tf.add(scaled, run.read(offset));
    });
}
