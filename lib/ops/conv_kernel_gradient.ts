/** @file Gradient of a convolution's kernel as one matrix product. */
import * as tf from "@tensorflow/tfjs";
import { currentTarget } from "../trace/backend.ts";
import { product } from "./linear.ts";
import { patchRows } from "./patches.ts";

/** Windows of an image up to which the product is the faster way. */
const FEW = { strided: 64, dense: 16 } as const;

/**
 * Whether an image has so few windows that {@linkcode kernelGradient} is
 * faster than oneDNN, which adds up image by image: at 4x4 windows, 1.1 times
 * as fast in float32 and 1.7 times in bfloat16, with a stride of 2, 1.6 and 3
 * times (512 channels, batch 64, one core with AVX-512). A GPU has cuDNN.
 */
export function byRows(
  kernel: tf.Tensor4D,
  dy: tf.Tensor,
  stride: number,
): boolean {
  const [, height, width] = dy.shape as [number, number, number];
  const few = stride > 1 ? FEW.strided : FEW.dense;
  return currentTarget().device === "cpu" &&
    kernel.shape[0] > 1 && height * width <= few;
}

/**
 * Gradient of a kernel `[k, k, in, out]`: the windows as rows, transposed,
 * times `dy`.
 *
 * @param x Padded already, `[batch, height, width, in]`.
 * @param dy `[batch, rows, columns, out]`
 */
export function kernelGradient(
  x: tf.Tensor4D,
  dy: tf.Tensor4D,
  kernel: tf.Tensor4D,
  stride: number,
): tf.Tensor4D {
  const [batch, rows, columns, out] = dy.shape;
  const count = [rows, columns] as const;
  const windows = patchRows(x, { side: kernel.shape[0], stride, count });
  const gradient = product(
    windows,
    tf.reshape(dy, [batch * rows * columns, out]),
    { a: true },
  );
  return tf.reshape(gradient, kernel.shape);
}
