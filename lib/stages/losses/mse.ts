/** @file Squared distance of the vectors of a pair (BYOL, VICReg). */
import * as tf from "@tensorflow/tfjs";
import { z } from "zod";
import { l2Normalize } from "../../ops/normalize.ts";
import type { StageDefinition } from "../define.ts";
import { defineLoss } from "../define_loss.ts";

/**
 * Normalised: `mean |a/|a| - b/|b||²` = 2 - 2 cos(a, b), in 0..4, as in BYOL.
 * Otherwise the mean of `(a - b)²` over batch and features, as in VICReg
 * (Bardes et al. 2021, arXiv:2105.04906, equation 5, over the features).
 */
export const mse: StageDefinition = defineLoss({
  name: "mse",
  summary:
    "Squared distance of vectors: scaled to length 1 (2 - 2 cos), or as they are",
  reference: "Grill et al. 2020, https://arxiv.org/abs/2006.07733, equation 2",
  negatives: "none",
  attracts: true,
  perImage: true,
  options: z.strictObject({
    normalize: z.boolean().default(true).describe(
      "Scale the vectors to length 1 and add up the features; otherwise the mean over them as they are",
    ),
  }),
  landmarks: () => ({ floor: 0 }),
  apply(a, b, { normalize }) {
    if (!normalize) return tf.mean(tf.square(tf.sub(a, b)));
    const difference = tf.sub(l2Normalize(a), l2Normalize(b));
    return tf.mean(tf.sum(tf.square(difference), 1));
  },
});
