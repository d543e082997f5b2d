/** @file Convolution with symmetric padding. */
import * as tf from "@tensorflow/tfjs";
import type { Attrs } from "../ir/graph.ts";
import { executeRaw } from "../trace/backend.ts";
import { ints, string, type } from "./attrs.ts";
import { fewWindows, kernelGradient } from "./conv_kernel_gradient.ts";
import { differentiable } from "./differentiable.ts";
import { subsample } from "./subsample.ts";

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
  // Pixels that no window sees are left out first: its gradient is then a
  // plain product, where oneDNN's strided one takes several times as long.
  if (side === 1 && stride > 1 && padding === 0) {
    return conv2d(subsample(x, stride), kernel, { stride: 1, padding });
  }
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
      // What oneDNN takes: its own padding where it has that, or padded images.
      const own = padding === 0 || same;
      const seen = own ? x : pad(x, dy, geometry, side);
      const mode = own ? forward : attrs(stride, "VALID");
      const dx = run("Conv2DBackpropInput", mode, [sizes(seen), kernel, dy]);
      return [
        own ? dx : tf.slice(dx, [0, padding, padding, 0], x.shape),
        fewWindows(kernel, dy, stride)
          ? kernelGradient(
            own ? pad(x, dy, geometry, side) : seen,
            dy as tf.Tensor4D,
            kernel,
            stride,
          )
          : run("Conv2DBackpropFilter", mode, [seen, sizes(kernel), dy]),
      ];
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

/** Zeros around an image, as far as the windows of `dy` reach. */
function pad(
  x: tf.Tensor4D,
  dy: tf.Tensor,
  { stride, padding }: ConvGeometry,
  side: number,
): tf.Tensor4D {
  if (padding === 0) return x;
  const pads = [1, 2].map((axis): [number, number] => {
    const reach = ((dy.shape[axis] as number) - 1) * stride + side;
    const size = x.shape[axis] as number;
    return [padding, Math.max(0, reach - size - padding)];
  }) as [[number, number], [number, number]];
  return tf.pad(x, [[0, 0], ...pads, [0, 0]]);
}

const run = (op: string, attrs: Attrs, inputs: tf.Tensor[]): tf.Tensor4D =>
  executeRaw(op, attrs, inputs)[0] as tf.Tensor4D;

const sizes = (of: tf.Tensor): tf.Tensor1D => tf.tensor1d(of.shape, "int32");
