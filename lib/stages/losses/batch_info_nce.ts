/** @file InfoNCE with the batch as negatives (NNCLR, MoCo v3). */
import * as tf from "@tensorflow/tfjs";
import { z } from "zod";
import { crossEntropy } from "../../ops/cross_entropy.ts";
import { l2Normalize } from "../../ops/normalize.ts";
import type { StageDefinition } from "../define.ts";
import { defineLoss } from "../define_loss.ts";
import { ramp } from "../ramp.ts";

/**
 * Cross-entropy of picking the row of `b` that belongs to each row of `a`
 * among all rows of `b`, by cosine similarity.
 */
export const batchInfoNce: StageDefinition = defineLoss({
  name: "batch_info_nce",
  summary:
    "Cross-entropy of the first side's match among the second side's batch",
  reference: "Dwibedi et al. 2021, https://arxiv.org/abs/2104.14548, section 3",
  negatives: "none",
  contrasts: true,
  options: z.strictObject({
    temperature: ramp(z.number().positive().max(10)).default(0.1).describe(
      "Divides the cosine similarities",
    ),
  }),
  landmarks: (_, { batch }) => ({ uniform: Math.log(batch) }),
  apply(a, b, { temperature }) {
    const products = tf.matMul(l2Normalize(a), l2Normalize(b), false, true);
    return crossEntropy(
      tf.div(products, temperature) as tf.Tensor2D,
      tf.range(0, a.shape[0], 1, "int32"),
    );
  },
});
