/** @file NT-Xent (SimCLR). */
import * as tf from "@tensorflow/tfjs";
import { z } from "zod";
import { crossEntropy } from "../../ops/cross_entropy.ts";
import { l2Normalize } from "../../ops/normalize.ts";
import type { StageDefinition } from "../define.ts";
import { defineLoss } from "../define_loss.ts";
import { ramp } from "../ramp.ts";

/** Added to a logit that must not win; exp() of it is 0 in float32. */
const MASKED = -1e9;

/**
 * Cross-entropy of picking each sample's other view among the 2B - 1 other
 * embeddings of the batch, averaged over all 2B.
 */
export const ntXent: StageDefinition = defineLoss({
  name: "nt_xent",
  summary:
    "Normalised temperature-scaled cross-entropy; every other embedding of the batch is a negative",
  reference: "Chen et al. 2020, https://arxiv.org/abs/2002.05709, equation 1",
  negatives: "none",
  contrasts: true,
  options: z.strictObject({
    temperature: ramp(z.number().positive().max(10)).default(0.5).describe(
      "Divides the cosine similarities",
    ),
  }),
  landmarks: (_, { batch }) => ({ uniform: Math.log(2 * batch - 1) }),
  apply(a, b, { temperature }) {
    const batch = a.shape[0];
    const all = l2Normalize(tf.concat([a, b], 0) as tf.Tensor2D);
    const similarities = tf.div(tf.matMul(all, all, false, true), temperature);
    const logits = tf.add(similarities, tf.mul(tf.eye(2 * batch), MASKED));
    const other = Array.from(
      { length: 2 * batch },
      (_, i) => (i + batch) % (2 * batch),
    );
    return crossEntropy(logits as tf.Tensor2D, tf.tensor1d(other, "int32"));
  },
});
