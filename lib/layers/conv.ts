/** @file Convolution layer. */
import type * as tf from "@tensorflow/tfjs";
import { conv2d } from "../ops/conv.ts";
import { FIRST_WEIGHTS, type FirstWeights } from "./first_weights.ts";
import type { Layer, ParameterScope, Variable } from "./layer.ts";

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
  /** How its weights start; `fan_out` by default, the custom of residual networks. */
  readonly init?: FirstWeights;
}

/** The weights of a convolution, `[kernel, kernel, in, out]`. */
export function convKernel(
  scope: ParameterScope,
  { kernel, in: from, out, init = "fan_out" }: ConvOptions,
): Variable {
  const area = kernel ** 2;
  const first = FIRST_WEIGHTS[init]({ in: area * from, out: area * out });
  const shape = [kernel, kernel, from, out];
  return scope.declare("kernel", shape, "weight", first.kernel);
}

/** Convolution without bias. */
export function conv(scope: ParameterScope, options: ConvOptions): Layer {
  const { kernel, stride = 1, padding = Math.floor(kernel / 2) } = options;
  const weights = convKernel(scope, options);
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
