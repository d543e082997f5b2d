/** @file Images seen through an affine map, each through its own. */
import * as tf from "@tensorflow/tfjs";
import { executeRaw } from "../trace/backend.ts";
import { string, type } from "./attrs.ts";

/** What a pixel is made of: the nearest one, or the four around. */
export type Sampling = "nearest" | "bilinear";

/**
 * Where each pixel of the result comes from, each number `[batch]`: pixel
 * `(x, y)` of the result is `(xx x + xy y + x0, yx x + yy y + y0)` of the image,
 * counted from the middle of the first pixel.
 */
export interface AffineMap {
  readonly xx: tf.Tensor1D;
  readonly xy: tf.Tensor1D;
  readonly x0: tf.Tensor1D;
  readonly yx: tf.Tensor1D;
  readonly yy: tf.Tensor1D;
  readonly y0: tf.Tensor1D;
}

/**
 * Planar images through an affine map; what lies outside of them is `fill`.
 * No gradient flows through it.
 *
 * @param images `[batch, channels, height, width]`
 * @returns the same shape
 */
export function warp(
  images: tf.Tensor4D,
  { xx, xy, x0, yx, yy, y0 }: AffineMap,
  sampling: Sampling,
  fill: number,
): tf.Tensor4D {
  const [, , height, width] = images.shape;
  const none = tf.zerosLike(xx);
  const maps = tf.stack([xx, xy, x0, yx, yy, y0, none, none], 1);
  // The op wants channels last, and finds a pixel's place once for all of them.
  const [seen] = executeRaw("ImageProjectiveTransformV3", {
    dtype: type("float32"),
    interpolation: string(sampling.toUpperCase()),
    fill_mode: string("CONSTANT"),
  }, [
    tf.transpose(images, [0, 2, 3, 1]),
    maps,
    tf.tensor1d([height, width], "int32"),
    tf.scalar(fill),
  ]);
  return tf.transpose(seen as tf.Tensor4D, [0, 3, 1, 2]);
}
