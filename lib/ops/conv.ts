/** @file Convolution with symmetric padding. */
import * as tf from "@tensorflow/tfjs";
import type { Attrs } from "../ir/graph.ts";
import { executeRaw } from "../trace/backend.ts";
import { ints, string, type } from "./attrs.ts";
import { differentiable } from "./differentiable.ts";

/** Geometry of a {@linkcode conv2d}. */
export interface ConvGeometry {
  readonly stride: number;
  /** Zeros on each of the four sides. */
  readonly padding: number;
}

/**
 * Convolves `[batch, height, width, in]` with `[k, k, in, out]`.
 *
 * tfjs has no gradient for paddings other than "same" and "valid", and "same"
 * is not symmetric at stride 2; hence the ops directly.
 */
export function conv2d(
  x: tf.Tensor4D,
  kernel: tf.Tensor4D,
  { stride, padding }: ConvGeometry,
): tf.Tensor4D {
  const attrs: Attrs = {
    T: type("float32"),
    strides: ints(1, stride, stride, 1),
    padding: string("EXPLICIT"),
    explicit_paddings: ints(0, 0, padding, padding, padding, padding, 0, 0),
    data_format: string("NHWC"),
    dilations: ints(1, 1, 1, 1),
  };
  const one = (op: string, inputs: tf.Tensor[]): tf.Tensor =>
    executeRaw(op, attrs, inputs)[0] as tf.Tensor;
  return differentiable([x, kernel], {
    forward(save) {
      save([x, kernel]);
      return one("Conv2D", [x, kernel]);
    },
    backward(dy, saved) {
      const [x, kernel] = saved as [tf.Tensor, tf.Tensor];
      const sizes = (of: tf.Tensor) => tf.tensor1d(of.shape, "int32");
      return [
        one("Conv2DBackpropInput", [sizes(x), kernel, dy]),
        one("Conv2DBackpropFilter", [x, sizes(kernel), dy]),
      ];
    },
  });
}
