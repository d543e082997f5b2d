/** @file Keeps the spread of every feature up (VICReg). */
import * as tf from "@tensorflow/tfjs";
import { z } from "zod";
import type { Scheduled, StageDefinition } from "../define.ts";
import { defineLoss } from "../define_loss.ts";
import { ramp } from "../ramp.ts";

/** Mean over the features of `max(0, target - sqrt(var + epsilon))`. */
function hinge(x: tf.Tensor2D, target: Scheduled, epsilon: number): tf.Tensor {
  const centred = tf.sub(x, tf.mean(x, 0, true));
  const variance = tf.div(
    tf.sum(tf.square(centred), 0),
    Math.max(1, x.shape[0] - 1),
  );
  const spread = tf.sqrt(tf.add(variance, epsilon));
  return tf.mean(tf.relu(tf.sub(target, spread)));
}

/**
 * Mean of both sides' hinges, as in the authors' code (the paper adds them); 0
 * where every feature spreads enough.
 */
export const variance: StageDefinition = defineLoss({
  name: "variance",
  summary: "Hinge on the standard deviation of each feature over the batch",
  reference: "Bardes et al. 2021, https://arxiv.org/abs/2105.04906, equation 1",
  negatives: "none",
  spreads: "variance",
  options: z.strictObject({
    target: ramp(z.number().positive()).default(1).describe(
      "Standard deviation (gamma) from which on nothing is lost",
    ),
    epsilon: z.number().positive().default(1e-4).describe(
      "Added to the variance of a feature",
    ),
  }),
  apply(a, b, { target, epsilon }) {
    const both = tf.add(hinge(a, target, epsilon), hinge(b, target, epsilon));
    return tf.div(both, 2) as tf.Scalar;
  },
});
