/** @file Relations to a queue, kept by a student (ReSSL). */
import * as tf from "@tensorflow/tfjs";
import { z } from "zod";
import { l2Normalize } from "../../ops/normalize.ts";
import type { StageDefinition } from "../define.ts";
import { defineLoss } from "../define_loss.ts";
import { ramp } from "../ramp.ts";

/**
 * Cross-entropy of the first side's similarities to the rows of a queue with
 * those of the second side, which are sharpened: of an EMA twin, or stopped.
 */
export const relational: StageDefinition = defineLoss({
  name: "relational",
  summary:
    "How alike the first side is to each row of a queue is to be as the second side has it",
  reference: "Zheng et al. 2021, https://arxiv.org/abs/2107.09282, equation 4",
  negatives: "required",
  target: "values",
  options: z.strictObject({
    temperature: ramp(z.number().positive().max(10)).default(0.1).describe(
      "Divides the cosine similarities of the first side",
    ),
    target_temperature: ramp(z.number().positive().max(10)).default(0.04)
      .describe(
        "Divides those of the second side; smaller than `temperature`, it sharpens the target",
      ),
  }),
  landmarks: (_, { negatives }) => ({ uniform: Math.log(negatives) }),
  apply(
    a,
    b,
    { temperature, target_temperature: sharp },
    { negatives: queue },
  ) {
    const relations = (x: tf.Tensor2D): tf.Tensor =>
      tf.matMul(l2Normalize(x), queue as tf.Tensor2D, false, true);
    const target = tf.softmax(tf.div(relations(b), sharp), 1);
    const logs = tf.logSoftmax(tf.div(relations(a), temperature), 1);
    return tf.neg(tf.mean(tf.sum(tf.mul(target, logs), 1)));
  },
});
