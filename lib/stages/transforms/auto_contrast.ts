/** @file Values stretched to the whole range. */
import * as tf from "@tensorflow/tfjs";
import { z } from "zod";
import {
  defineTransform,
  type TransformDefinition,
} from "../define_transform.ts";
import { chosen, probability, selected } from "./options.ts";

/** `(x - least) / (most - least)` of each channel; as it is where they are equal. */
export function stretched(images: tf.Tensor4D): tf.Tensor4D {
  const least = tf.min(images, [2, 3], true);
  const range = tf.sub(tf.max(images, [2, 3], true), least);
  const some = tf.cast(tf.greater(range, 0), "float32");
  const divisor = tf.add(range, tf.sub(1, some));
  return tf.div(tf.sub(images, tf.mul(least, some)), divisor);
}

/** Stretches the channels of some of the images. */
export const autoContrast: TransformDefinition = defineTransform({
  name: "auto_contrast",
  summary: "The values of each channel stretched to 0..1",
  evaluation: false,
  options: z.strictObject({ p: probability(0.5) }),
  shape: (shape) => shape,
  apply(images, { p }, random) {
    const applies = chosen(random, images.shape[0], p);
    return selected(applies, stretched(images), images);
  },
});
