/** @file Convolution with symmetric padding. */
import type * as tf from "@tensorflow/tfjs";
import { direct } from "./conv_direct.ts";
import type { ConvGeometry } from "./conv_way.ts";
import { byWinograd, winograd } from "./conv_winograd.ts";
import { differentiable } from "./differentiable.ts";
import { subsample } from "./subsample.ts";

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
  // Pixels that no window sees are left out first: its gradient is then a
  // plain product, where oneDNN's strided one takes several times as long.
  if (kernel.shape[0] === 1 && stride > 1 && padding === 0) {
    return conv2d(subsample(x, stride), kernel, { stride: 1, padding });
  }
  const way = byWinograd(x, kernel, geometry) ? winograd : direct;
  return differentiable([x, kernel], {
    forward(save) {
      save([x, kernel]);
      return way.forward(x, kernel, geometry);
    },
    backward(dy, saved) {
      const [x, kernel] = saved as [tf.Tensor4D, tf.Tensor4D];
      return way.gradients(x, kernel, dy as tf.Tensor4D, geometry);
    },
  });
}
