/** @file Convolution layer. */
import type * as tf from "@tensorflow/tfjs";
import { conv2d } from "../ops/conv.ts";
import type { Layer, ParameterScope } from "./layer.ts";

/** Shape of a {@linkcode conv}. */
export interface ConvOptions {
  /** Channels that come in. */
  readonly in: number;
  /** Channels that go out. */
  readonly out: number;
  /** Side of the kernel. */
  readonly kernel: number;
  /** Pixels between two windows; 1 by default. */
  readonly stride?: number;
  /** Zeros on each side; by default half the kernel. */
  readonly padding?: number;
}

/**
 * Convolution without bias, initialised as in He et al. 2015 with fan-out
 * (normal, std `sqrt(2 / (k² out))`), the custom of residual networks.
 */
export function conv(scope: ParameterScope, options: ConvOptions): Layer {
  const { kernel, stride = 1, padding = Math.floor(kernel / 2) } = options;
  const fanOut = kernel ** 2 * options.out;
  const shape = [kernel, kernel, options.in, options.out];
  const weights = scope.declare("kernel", shape, "weight", {
    kind: "normal",
    std: Math.sqrt(2 / fanOut),
  });
  return (x, run) =>
    run.scope(
      scope.path,
      () =>
        conv2d(x as tf.Tensor4D, run.read(weights) as tf.Tensor4D, {
          stride,
          padding,
        }),
    );
}
