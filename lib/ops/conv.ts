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
  geometry: ConvGeometry,
): tf.Tensor4D {
  const { stride, padding } = geometry;
  const side = kernel.shape[0];
  // oneDNN has no gradients with explicit padding: TensorFlow's own, several
  // times slower kernels would run. So padding is "SAME" where that is the
  // same, and the gradients of other convolutions pad by themselves.
  const same = stride === 1 && 2 * padding === side - 1;
  const forward = padding === 0
    ? attrs(stride, "VALID")
    : same
    ? attrs(stride, "SAME")
    : attrs(stride, "EXPLICIT", [
      0,
      0,
      padding,
      padding,
      padding,
      padding,
      0,
      0,
    ]);
  return differentiable([x, kernel], {
    forward(save) {
      save([x, kernel]);
      return run("Conv2D", forward, [x, kernel]);
    },
    backward(dy, saved) {
      const [x, kernel] = saved as [tf.Tensor4D, tf.Tensor4D];
      if (padding === 0 || same) return gradients(forward, x, kernel, dy);
      const pads = [1, 2].map((axis): [number, number] => {
        const reach = ((dy.shape[axis] as number) - 1) * stride + side;
        const size = x.shape[axis] as number;
        return [padding, Math.max(0, reach - size - padding)];
      }) as [[number, number], [number, number]];
      const padded = tf.pad(x, [[0, 0], ...pads, [0, 0]]);
      const valid = attrs(stride, "VALID");
      const [dx, dkernel] = gradients(valid, padded, kernel, dy);
      return [tf.slice(dx, [0, padding, padding, 0], x.shape), dkernel];
    },
  });
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

const run = (op: string, attrs: Attrs, inputs: tf.Tensor[]): tf.Tensor4D =>
  executeRaw(op, attrs, inputs)[0] as tf.Tensor4D;

function gradients(
  attrs: Attrs,
  x: tf.Tensor,
  kernel: tf.Tensor,
  dy: tf.Tensor,
): [tf.Tensor4D, tf.Tensor4D] {
  const sizes = (of: tf.Tensor) => tf.tensor1d(of.shape, "int32");
  return [
    run("Conv2DBackpropInput", attrs, [sizes(x), kernel, dy]),
    run("Conv2DBackpropFilter", attrs, [x, sizes(kernel), dy]),
  ];
}
