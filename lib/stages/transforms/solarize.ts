/** @file Bright values inverted. */
import * as tf from "@tensorflow/tfjs";
import { z } from "zod";
import {
  defineTransform,
  type TransformDefinition,
} from "../define_transform.ts";
import { chosen, probability, spreadOver } from "./options.ts";

/** Inverts values at or above a threshold in some of the images. */
export const solarize: TransformDefinition = defineTransform({
  name: "solarize",
  summary: "Values at or above a threshold inverted",
  reference: "Grill et al. 2020, https://arxiv.org/abs/2006.07733, appendix B",
  evaluation: false,
  options: z.strictObject({
    threshold: z.number().min(0).max(1).default(0.5).describe(
      "Least value that is inverted, 0..1",
    ),
    p: probability(0.2),
  }),
  shape: (shape) => shape,
  apply(images, { threshold, p }, random) {
    const applies = spreadOver(chosen(random, images.shape[0], p), 4);
    // No value reaches 2, so nothing is inverted where it does not apply.
    const limit = tf.sub(2, tf.mul(applies, 2 - threshold));
    return tf.where(
      tf.greaterEqual(images, limit),
      tf.sub(1, images),
      images,
    );
  },
});
