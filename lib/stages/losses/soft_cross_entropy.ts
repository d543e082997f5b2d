/** @file Cross-entropy with a distribution as target (SwAV, DINO, iBOT). */
import * as tf from "@tensorflow/tfjs";
import { z } from "zod";
import type { StageDefinition } from "../define.ts";
import { defineLoss } from "../define_loss.ts";
import { ramp } from "../ramp.ts";

/** `-mean over rows of sum over prototypes of b log softmax(a / temperature)`. */
export const softCrossEntropy: StageDefinition = defineLoss({
  name: "soft_cross_entropy",
  summary:
    "Cross-entropy of the first side's scores with the probabilities of the second, of images or of tokens",
  reference:
    "Caron et al. 2020, https://arxiv.org/abs/2006.09882, equation 2; Caron et al. 2021, https://arxiv.org/abs/2104.14294, equation 2",
  tokens: true,
  negatives: "none",
  perImage: true,
  options: z.strictObject({
    temperature: ramp(z.number().positive().max(10)).default(0.1).describe(
      "Divides the scores of the first side",
    ),
  }),
  probabilities: (a, { temperature }) =>
    tf.softmax(tf.div(a, temperature) as tf.Tensor2D),
  apply(a, b, { temperature }) {
    const logs = tf.logSoftmax(tf.div(a, temperature), 1);
    return tf.neg(tf.mean(tf.sum(tf.mul(b, logs), 1)));
  },
});
