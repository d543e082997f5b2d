/** @file How much the features of the embedding tell the same. */
import * as tf from "@tensorflow/tfjs";
import type { SignalAt } from "../define.ts";

/** Correlation matrix of a covariance; a feature without variance correlates with none. */
export function correlationOf(covariance: tf.Tensor2D): tf.Tensor2D {
  const features = covariance.shape[0];
  const eye = tf.eye(features);
  const variance = tf.sum(tf.mul(covariance, eye), 0);
  const largest = tf.max(variance);
  // Rounding alone must not count as variance.
  const counts = tf.greater(variance, tf.mul(largest, 1e-12));
  const scale = tf.where(
    counts,
    tf.rsqrt(tf.maximum(variance, 1e-37)),
    tf.zerosLike(variance),
  );
  return tf.mul(
    tf.mul(covariance, tf.reshape(scale, [features, 1])),
    tf.reshape(scale, [1, features]),
  );
}

/** 0 where features are independent, 1 where each is a multiple of the others. */
export const correlation: SignalAt<"check"> = {
  at: "check",
  name: "correlation",
  summary: "Mean absolute correlation between different features",
  formula: "mean of |C_ij| / sqrt(C_ii C_jj) over i ≠ j",
  reference:
    "Hua et al. 2021, https://arxiv.org/abs/2105.00470 (collapse as correlated features)",
  unit: "1",
  range: [0, 1],
  healthy: "low",
  measure({ covariance }) {
    const features = covariance.shape[0];
    if (features < 2) return undefined;
    const r = correlationOf(covariance);
    const others = tf.mul(tf.abs(r), tf.sub(1, tf.eye(features)));
    return tf.div(tf.sum(others), features * (features - 1));
  },
};
