/** @file Sharper or softer edges. */
import * as tf from "@tensorflow/tfjs";
import { z } from "zod";
import {
  defineTransform,
  type TransformDefinition,
} from "../define_transform.ts";
import { chosen, probability, spreadOver } from "./options.ts";

/** Sum of each three neighbours along an axis, which gets shorter by two. */
function threes(x: tf.Tensor4D, axis: number): tf.Tensor4D {
  const size = x.shape.map((side, i) => i === axis ? side - 2 : side);
  const parts = [0, 1, 2].map((first) =>
    tf.slice(x, x.shape.map((_, i) => i === axis ? first : 0), size)
  );
  return tf.addN(parts) as tf.Tensor4D;
}

/**
 * `factor x + (1 - factor) smooth`, in 0..1, where `smooth` is the mean of 3x3
 * pixels with the middle one counted five times: PIL's and torchvision's. The
 * outermost pixels stay.
 *
 * @param factor `[batch]`; 1 changes nothing.
 */
export function sharpened(
  images: tf.Tensor4D,
  factor: tf.Tensor1D,
): tf.Tensor4D {
  const [batch, channels, height, width] = images.shape;
  if (height <= 2 || width <= 2) return images;
  const middle = tf.slice(images, [0, 0, 1, 1], [
    batch,
    channels,
    height - 2,
    width - 2,
  ]);
  // (sum of nine + 4 middle) / 13 - middle
  const softer = tf.div(
    tf.sub(threes(threes(images, 2), 3), tf.mul(middle, 9)),
    13,
  );
  const change = tf.mul(softer, spreadOver(tf.sub(1, factor), 4));
  const whole = tf.pad(change as tf.Tensor4D, [[0, 0], [0, 0], [1, 1], [1, 1]]);
  return tf.clipByValue(tf.add(images, whole), 0, 1) as tf.Tensor4D;
}

/** Sharpens or softens some of the images. */
export const sharpness: TransformDefinition = defineTransform({
  name: "sharpness",
  summary: "Edges made sharper, or softer",
  evaluation: false,
  options: z.strictObject({
    factor: z.number().min(0).max(10).default(2).describe(
      "1 changes nothing, 0 is a soft image, 2 a sharp one",
    ),
    p: probability(0.5),
  }),
  shape: (shape) => shape,
  apply(images, { factor, p }, random) {
    const applies = chosen(random, images.shape[0], p);
    return sharpened(images, tf.add(1, tf.mul(applies, factor - 1)));
  },
});
