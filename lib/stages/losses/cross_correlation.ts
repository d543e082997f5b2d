/** @file Redundancy reduction (Barlow Twins). */
import * as tf from "@tensorflow/tfjs";
import { z } from "zod";
import type { StageDefinition } from "../define.ts";
import { defineLoss } from "../define_loss.ts";
import { ramp } from "../ramp.ts";

/** Each feature to mean 0 over the batch. */
const PAPER = "Zbontar et al. 2021, arXiv:2103.03230";

const centre = (x: tf.Tensor2D): tf.Tensor2D => tf.sub(x, tf.mean(x, 0, true));

/** Each feature to mean 0 and (biased) variance 1 over the batch. */
function unit(x: tf.Tensor2D, epsilon: number): tf.Tensor2D {
  const centred = centre(x);
  const variance = tf.mean(tf.square(centred), 0, true);
  return tf.mul(centred, tf.rsqrt(tf.add(variance, epsilon)));
}

/**
 * `scale * (sum_i (1 - C_ii)² + lambda * sum_{i≠j} C_ij²)` with `C` the
 * cross-correlation of the features of `a` and `b` over the batch.
 */
export const crossCorrelation: StageDefinition = defineLoss({
  name: "cross_correlation",
  summary:
    "Cross-correlation of the features pulled to the identity: invariance on the diagonal, redundancy off it",
  reference:
    "Zbontar et al. 2021, https://arxiv.org/abs/2103.03230, equation 1",
  negatives: "none",
  options: z.strictObject({
    lambda: ramp(z.number().min(0)).default(0.0051).describe(
      "Weight of the redundancy (off-diagonal) term",
    ),
    invariance: ramp(z.number().min(0)).default(1).describe(
      "Weight of the invariance (diagonal) term",
    ),
    scale: ramp(z.number().positive()).default(1).describe(
      "Factor of the whole loss, for optimizers that are not scale-free",
    ),
    epsilon: z.number().min(0).default(1e-5).describe(
      "Added to the variance of a feature",
    ),
    standardize: z.boolean().default(true).describe(
      "Scale each feature to variance 1; otherwise the cross-covariance takes the place of the correlation",
    ),
  }),
  risks: ({ lambda, invariance }) => [
    ...(lambda === 0
      ? [{
        at: "lambda",
        message: "Without the redundancy term all features may tell the same",
        hints: [
          `Barlow Twins reaches 57.3 % with the invariance term alone, 71.4 % with both (${PAPER}, table 5)`,
        ],
      }]
      : []),
    ...(invariance === 0
      ? [{
        at: "invariance",
        message: "Without the invariance term nothing pulls views together",
        hints: [
          `Barlow Twins reaches 0.1 % with the redundancy term alone, 71.4 % with both (${PAPER}, table 5)`,
        ],
      }]
      : []),
  ],
  apply(a, b, { lambda, invariance, scale, epsilon, standardize }) {
    const [batch, features] = a.shape;
    const [p, q] = [a, b].map((side) =>
      standardize ? unit(side, epsilon) : centre(side)
    ) as [tf.Tensor2D, tf.Tensor2D];
    const correlation = tf.div(tf.matMul(p, q, true), batch);
    const diagonal = tf.eye(features);
    const onDiagonal = tf.sum(
      tf.square(tf.sum(tf.sub(tf.mul(correlation, diagonal), diagonal), 1)),
    );
    const offDiagonal = tf.sum(
      tf.square(tf.mul(correlation, tf.sub(1, diagonal))),
    );
    return tf.mul(
      scale,
      tf.add(tf.mul(invariance, onDiagonal), tf.mul(lambda, offDiagonal)),
    );
  },
});
