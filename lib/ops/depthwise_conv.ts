/** @file Convolution of each channel by itself. */
import * as tf from "@tensorflow/tfjs";
import type { Attrs } from "../ir/program.ts";
import { executeRaw } from "../trace/backend.ts";
import { ints, string, type } from "./attrs.ts";
import { differentiable } from "./differentiable.ts";

const ATTRS: Attrs = {
  T: type("float32"),
  strides: ints(1, 1, 1, 1),
  padding: string("SAME"),
  explicit_paddings: ints(),
  data_format: string("NHWC"),
  dilations: ints(1, 1, 1, 1),
};

const run = (op: string, inputs: tf.Tensor[]): tf.Tensor =>
  executeRaw(op, ATTRS, inputs)[0] as tf.Tensor;

const sizes = (of: tf.Tensor): tf.Tensor1D => tf.tensor1d(of.shape, "int32");

/**
 * Convolves each channel of `[batch, height, width, channels]` with a kernel of
 * its own, at stride 1, with zeros around the image so that its sides stay.
 *
 * @param kernel `[k, k, 1, channels]`, as PyTorch's of so many groups; k is odd.
 */
export function depthwiseConv2d(
  x: tf.Tensor4D,
  kernel: tf.Tensor4D,
): tf.Tensor4D {
  const [rows, columns, , channels] = kernel.shape;
  // TensorFlow counts the channels that come out of each one last.
  const own = tf.reshape(kernel, [rows, columns, channels, 1]);
  return differentiable([x, own], {
    forward(save) {
      save([x, own]);
      return run("DepthwiseConv2dNative", [x, own]);
    },
    backward(dy, saved) {
      const [x, own] = saved as [tf.Tensor, tf.Tensor];
      return [
        run("DepthwiseConv2dNativeBackpropInput", [sizes(x), own, dy]),
        run("DepthwiseConv2dNativeBackpropFilter", [x, sizes(own), dy]),
      ];
    },
  });
}
