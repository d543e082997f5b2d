/** @file InfoNCE with a queue of negatives (MoCo). */
import * as tf from "@tensorflow/tfjs";
import { z } from "zod";
import { crossEntropy } from "../../ops/cross_entropy.ts";
import { l2Normalize } from "../../ops/normalize.ts";
import type { StageDefinition } from "../define.ts";
import { defineLoss } from "../define_loss.ts";
import { ramp } from "../ramp.ts";

/**
 * Cross-entropy of picking the matching key among it and the negatives, by
 * cosine similarity. The negatives are expected to have length 1.
 */
export const infoNce: StageDefinition = defineLoss({
  name: "info_nce",
  summary: "Cross-entropy of the matching key against a queue of negatives",
  reference:
    "He et al. 2019, https://arxiv.org/abs/1911.05722, equation 1, with temperature 0.07; 0.2 is that of MoCo v2, https://arxiv.org/abs/2003.04297",
  negatives: "required",
  target: "values",
  contrasts: true,
  options: z.strictObject({
    temperature: ramp(z.number().positive().max(10)).default(0.2).describe(
      "Divides the cosine similarities",
    ),
  }),
  landmarks: (_, { negatives }) => ({ uniform: Math.log(1 + negatives) }),
  apply(query, key, { temperature }, { negatives }) {
    if (!negatives) throw new Error("internal: info_nce without negatives");
    const q = l2Normalize(query);
    const positive = tf.sum(tf.mul(q, l2Normalize(key)), 1, true);
    const negative = tf.matMul(q, negatives, false, true);
    const logits = tf.div(tf.concat([positive, negative], 1), temperature);
    return crossEntropy(
      logits as tf.Tensor2D,
      tf.zeros([query.shape[0]], "int32"),
    );
  },
});
