/** @file How many different things the features tell. */
import * as tf from "@tensorflow/tfjs";
import type { SignalAt } from "../define.ts";
import { correlationOf } from "./correlation.ts";

/**
 * Participation ratio of the correlation matrix's eigenvalues, without finding
 * them: their sum is the number of features, their squares' sum that of the
 * matrix's squared entries.
 */
export const correlationRank: SignalAt<"check"> = {
  at: "check",
  name: "correlation_rank",
  summary: "Number of different things that the features tell",
  formula: "d² / sum of R_ij², R the correlation matrix of the features",
  reference:
    "Gao et al. 2017, https://doi.org/10.1101/214262 (participation ratio, there of the covariance)",
  unit: "directions",
  range: [0, Infinity],
  healthy: "high",
  measure({ covariance }) {
    const r = correlationOf(covariance);
    const trace = tf.sum(tf.mul(r, tf.eye(covariance.shape[0])));
    // Where all embeddings are alike, both are 0: there is no direction.
    const squares = tf.maximum(tf.sum(tf.square(r)), 1e-30);
    return tf.div(tf.square(trace), squares);
  },
};
