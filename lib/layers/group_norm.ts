/** @file Group norm, which needs no batch (Wu and He 2018, arXiv:1803.08494). */
import * as tf from "@tensorflow/tfjs";
import { groupNorm as normalise } from "../ops/group_norm.ts";
import type { Layer, ParameterScope } from "./layer.ts";

/** Settings of a {@linkcode groupNorm}. */
export interface GroupNormOptions {
  /** Features, the last dimension. */
  readonly channels: number;
  /** Groups of channels; divide them. */
  readonly groups: number;
  /** First value of the scale. Default 1. */
  readonly scale?: number;
  /** Added to the variance. Default 1e-5, PyTorch's. */
  readonly epsilon?: number;
}

/**
 * Normalises each group of channels of each image by its own mean and (biased)
 * variance over all places, for `[batch, height, width, channels]` and
 * `[batch, channels]`; then comes a learned scale and offset of each channel.
 */
export function groupNorm(
  scope: ParameterScope,
  { channels, groups, scale: first = 1, epsilon = 1e-5 }: GroupNormOptions,
): Layer {
  const constant = (value: number) => ({ kind: "constant", value } as const);
  const scale = scope.declare("scale", [channels], "norm", constant(first));
  const offset = scope.declare("offset", [channels], "norm", constant(0));
  return (x, run) =>
    run.scope(scope.path, () => {
      const x4 = x.rank === 4 ? x : tf.reshape(x, [-1, 1, 1, channels]);
      const y = normalise({
        x: x4 as tf.Tensor4D,
        scale: run.read(scale) as tf.Tensor1D,
        offset: run.read(offset) as tf.Tensor1D,
        groups,
        epsilon,
      });
      return tf.reshape(y, x.shape);
    });
}
