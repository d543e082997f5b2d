/** @file Redundancy reduction (Barlow Twins). */
import * as tf from "@tensorflow/tfjs";
import { z } from "zod";
import { defineLoss, type LossDefinition } from "../define.ts";

/** Each feature to mean 0 over the batch. */
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
export const crossCorrelation: LossDefinition = defineLoss({
  name: "cross_correlation",
  summary:
    "Cross-correlation of the features pulled to the identity: invariance on the diagonal, redundancy off it",
  reference:
    "Zbontar et al. 2021, https://arxiv.org/abs/2103.03230, equation 1",
  negatives: "none",
  options: z.strictObject({
    lambda: z.number().min(0).default(0.0051).describe(
      "Weight of the redundancy (off-diagonal) term",
    ),
    invariance: z.number().min(0).default(1).describe(
      "Weight of the invariance (diagonal) term",
    ),
    scale: z.number().positive().default(1).describe(
      "Factor of the whole loss, for optimizers that are not scale-free",
    ),
    epsilon: z.number().min(0).default(1e-5).describe(
      "Added to the variance of a feature",
    ),
    standardize: z.boolean().default(true).describe(
      "Scale each feature to variance 1; otherwise the cross-covariance takes the place of the correlation",
    ),
  }),
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
