/** @file Convolution with standardised weights (Qiao et al. 2019, arXiv:1903.10520). */
import * as tf from "@tensorflow/tfjs";
import { conv2d } from "../ops/conv.ts";
import { convKernel, type ConvOptions } from "./conv.ts";
import type { Layer, ParameterScope } from "./layer.ts";

/** Added to the variance of a kernel. */
const EPSILON = 1e-5;

/**
 * A convolution without bias whose kernel has, for each channel that goes out,
 * mean 0 and a (biased) variance of 1 over `fan-in`. With a group norm it
 * stands in for a batch norm: BYOL learns with the two alike (Richemond et al.
 * 2020, arXiv:2010.10241).
 *
 * Its first values are those of {@linkcode conv}; only their shape matters.
 */
export function standardisedConv(
  scope: ParameterScope,
  options: ConvOptions,
): Layer {
  const { kernel: side, stride = 1, padding = Math.floor(side / 2) } = options;
  const fanIn = side ** 2 * options.in;
  const kernel = convKernel(scope, options);
  return (x, run) =>
    run.scope(scope.path, () => {
      const raw = run.read(kernel);
      const centred = tf.sub(raw, tf.mean(raw, [0, 1, 2], true));
      const variance = tf.mean(tf.square(centred), [0, 1, 2], true);
      const scale = tf.rsqrt(tf.mul(tf.add(variance, EPSILON), fanIn));
      return conv2d(
        x as tf.Tensor4D,
        tf.mul(centred, scale) as tf.Tensor4D,
        { stride, padding },
      );
    });
}
