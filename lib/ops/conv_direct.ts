/** @file Convolution by TensorFlow's own ops. */
import * as tf from "@tensorflow/tfjs";
import type { Attrs } from "../ir/program.ts";
import { executeRaw } from "../trace/backend.ts";
import { ints, string, type } from "./attrs.ts";
import { byRows, kernelGradient } from "./conv_kernel_gradient.ts";
import type { ConvGeometry, ConvWay } from "./conv_way.ts";

/** `Conv2D` and its gradients: on a CPU oneDNN's. */
export const direct: ConvWay = {
  forward(x, kernel, { stride, padding }) {
    const mode = ownPadding(kernel, { stride, padding });
    const pads = [0, 0, padding, padding, padding, padding, 0, 0];
    return run(
      "Conv2D",
      mode ? attrs(stride, mode) : attrs(stride, "EXPLICIT", pads),
      [x, kernel],
    );
  },
  gradients(x, kernel, dy, geometry) {
    const { stride, padding } = geometry;
    // What oneDNN takes: its own padding where it has that, or padded images.
    const mode = ownPadding(kernel, geometry);
    const seen = mode ? x : pad(x, kernel, dy, geometry);
    const how = attrs(stride, mode ?? "VALID");
    const dx = run("Conv2DBackpropInput", how, [sizes(seen), kernel, dy]);
    return [
      mode ? dx : tf.slice(dx, [0, padding, padding, 0], x.shape),
      byRows(kernel, dy, stride)
        ? kernelGradient(pad(x, kernel, dy, geometry), dy, kernel, stride)
        : run("Conv2DBackpropFilter", how, [seen, sizes(kernel), dy]),
    ];
  },
};

/**
 * The padding as oneDNN's gradients know it. With an explicit one TensorFlow's
 * own, several times slower kernels would run: the gradients of such
 * convolutions get padded images.
 */
function ownPadding(
  kernel: tf.Tensor4D,
  { stride, padding }: ConvGeometry,
): "VALID" | "SAME" | undefined {
  if (padding === 0) return "VALID";
  const same = stride === 1 && 2 * padding === kernel.shape[0] - 1;
  return same ? "SAME" : undefined;
}

function attrs(
  stride: number,
  padding: "SAME" | "VALID" | "EXPLICIT",
  paddings: readonly number[] = [],
): Attrs {
  return {
    T: type("float32"),
    strides: ints(1, stride, stride, 1),
    padding: string(padding),
    explicit_paddings: ints(...paddings),
    data_format: string("NHWC"),
    dilations: ints(1, 1, 1, 1),
  };
}

/** Zeros around an image, as far as the windows of `dy` reach. */
function pad(
  x: tf.Tensor4D,
  kernel: tf.Tensor4D,
  dy: tf.Tensor4D,
  { stride, padding }: ConvGeometry,
): tf.Tensor4D {
  if (padding === 0) return x;
  const pads = [1, 2].map((axis): [number, number] => {
    const reach = ((dy.shape[axis] as number) - 1) * stride + kernel.shape[0];
    const size = x.shape[axis] as number;
    return [padding, Math.max(0, reach - size - padding)];
  }) as [[number, number], [number, number]];
  return tf.pad(x, [[0, 0], ...pads, [0, 0]]);
}

const run = (op: string, attrs: Attrs, inputs: tf.Tensor[]): tf.Tensor4D =>
  executeRaw(op, attrs, inputs)[0] as tf.Tensor4D;

const sizes = (of: tf.Tensor): tf.Tensor1D => tf.tensor1d(of.shape, "int32");
