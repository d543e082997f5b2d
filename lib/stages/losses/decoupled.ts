/** @file Decoupled contrastive loss (DCL, DCLW). */
import * as tf from "@tensorflow/tfjs";
import { z } from "zod";
import { choice } from "../choice.ts";
import { l2Normalize } from "../../ops/normalize.ts";
import { stopGradient } from "../../ops/stop_gradient.ts";
import type { Scheduled, StageDefinition } from "../define.ts";
import { defineLoss } from "../define_loss.ts";
import { ramp } from "../ramp.ts";

/** Added to a logit that must not count; exp() of it is 0 in float32. */
const MASKED = -1e9;

/** How much each positive counts, by its similarity. */
type Weights = (similarity: tf.Tensor1D, sigma: number) => tf.Tensor | number;

const WEIGHTS: Readonly<Record<"none" | "von_mises_fisher", Weights>> = {
  none: () => 1,
  von_mises_fisher: (similarity, sigma) => {
    const share = tf.softmax(tf.div(stopGradient(similarity), sigma));
    return tf.sub(2, tf.mul(share, similarity.shape[0]));
  },
};

/** One direction: rows of `a` against their match in `b` and all other images. */
function oneWay(
  a: tf.Tensor2D,
  b: tf.Tensor2D,
  temperature: Scheduled,
  weigh: (similarity: tf.Tensor1D) => tf.Tensor | number,
): tf.Tensor {
  const self = tf.mul(tf.eye(a.shape[0]), MASKED);
  const against = (other: tf.Tensor2D): tf.Tensor =>
    tf.add(tf.div(tf.matMul(a, other, false, true), temperature), self);
  const negatives = tf.logSumExp(tf.concat([against(a), against(b)], 1), 1);
  const similarity = tf.sum(tf.mul(a, b), 1) as tf.Tensor1D;
  const positive = tf.div(similarity, temperature);
  return tf.mean(tf.sub(negatives, tf.mul(positive, weigh(similarity))));
}

/**
 * NT-Xent whose denominator leaves the positive out, so that easy positives do
 * not weaken the gradient of the negatives; the mean of both directions.
 */
export const decoupled: StageDefinition = defineLoss({
  name: "dcl",
  summary:
    "NT-Xent without the positive among the negatives, which lets batches be small",
  reference:
    "Yeh et al. 2021, https://arxiv.org/abs/2110.06848, equation 6; weights: section 3.2",
  negatives: "none",
  contrasts: true,
  options: z.strictObject({
    temperature: ramp(z.number().positive().max(10)).default(0.1).describe(
      "Divides the cosine similarities",
    ),
    weights: choice({
      none: "all alike (DCL)",
      von_mises_fisher: "pairs that differ more count more (DCLW)",
    }).default("none").describe("How much each pair counts"),
    sigma: z.number().positive().max(10).default(0.5).describe(
      "Divides the similarities of which DCLW's weights are made",
    ),
  }),
  landmarks: (_, { batch }) => ({ uniform: Math.log(2 * batch - 2) }),
  apply(a, b, { temperature, weights, sigma }) {
    const [left, right] = [l2Normalize(a), l2Normalize(b)];
    const weigh = (similarity: tf.Tensor1D) =>
      WEIGHTS[weights](similarity, sigma);
    const both = tf.add(
      oneWay(left, right, temperature, weigh),
      oneWay(right, left, temperature, weigh),
    );
    return tf.div(both, 2) as tf.Scalar;
  },
});
