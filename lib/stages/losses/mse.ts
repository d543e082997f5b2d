/** @file Squared distance of normalised vectors (BYOL). */
import * as tf from "@tensorflow/tfjs";
import { z } from "zod";
import { l2Normalize } from "../../ops/normalize.ts";
import { defineLoss, type LossDefinition } from "../define.ts";

/** `mean |a/|a| - b/|b||²` = 2 - 2 cos(a, b), in 0..4. */
export const mse: LossDefinition = defineLoss({
  name: "mse",
  summary: "Squared distance of vectors scaled to length 1: 2 - 2 cos",
  reference: "Grill et al. 2020, https://arxiv.org/abs/2006.07733, equation 2",
  negatives: "none",
  options: z.strictObject({}),
  landmarks: () => ({ floor: 0 }),
  apply(a, b) {
    const difference = tf.sub(l2Normalize(a), l2Normalize(b));
    return tf.mean(tf.sum(tf.square(difference), 1));
  },
});
