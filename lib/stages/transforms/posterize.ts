/** @file Fewer values of light. */
import * as tf from "@tensorflow/tfjs";
import { z } from "zod";
import {
  defineTransform,
  type TransformDefinition,
} from "../define_transform.ts";
import { chosen, probability, selected } from "./options.ts";

/**
 * `floor(levels x) / levels`, at most the last level: torchvision's `posterize`
 * of floats.
 *
 * @param levels For each sample, `[batch, 1, 1, 1]`.
 */
export const posterized = (images: tf.Tensor4D, levels: tf.Tensor): tf.Tensor =>
  tf.div(
    tf.minimum(tf.floor(tf.mul(images, levels)), tf.sub(levels, 1)),
    levels,
  );

/** Rounds values down to a few levels in some of the images. */
export const posterize: TransformDefinition = defineTransform({
  name: "posterize",
  summary: "Values cut off to so many bits, in each channel",
  evaluation: false,
  options: z.strictObject({
    bits: z.int().min(1).max(8).default(4).describe(
      "Bits that are left: 2^bits values",
    ),
    p: probability(0.5),
  }),
  shape: (shape) => shape,
  apply(images, { bits, p }, random) {
    const applies = chosen(random, images.shape[0], p);
    return selected(applies, posterized(images, tf.scalar(2 ** bits)), images);
  },
});
