/** @file Every n-th pixel. */
import * as tf from "@tensorflow/tfjs";
import { executeRaw } from "../trace/backend.ts";
import { ints, string, type } from "./attrs.ts";
import { differentiable } from "./differentiable.ts";

/**
 * Keeps each `stride`-th row and column of `[batch, height, width, channels]`,
 * the first one included; the gradient of all others is 0.
 *
 * Recorded as a pool over windows of one pixel, which oneDNN copies several
 * times faster than TensorFlow's strided slice.
 */
export function subsample(x: tf.Tensor4D, stride: number): tf.Tensor4D {
  const attrs = {
    T: type("float32"),
    ksize: ints(1, 1, 1, 1),
    strides: ints(1, stride, stride, 1),
    padding: string("VALID"),
    data_format: string("NHWC"),
  };
  return differentiable([x], {
    forward: () => executeRaw("AvgPool", attrs, [x])[0] as tf.Tensor,
    backward: (dy) =>
      executeRaw("AvgPoolGrad", attrs, [tf.tensor1d(x.shape, "int32"), dy]),
  });
}
