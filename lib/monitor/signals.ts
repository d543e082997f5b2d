/** @file Signals of collapse, computed within the step. */
import * as tf from "@tensorflow/tfjs";
import { l2Normalize } from "../ops/normalize.ts";

/**
 * Standard deviation of each feature of the L2-normalised embedding over the
 * batch, averaged, times sqrt(features): 1 where embeddings spread evenly
 * over the sphere, 0 where they are all alike (Chen and He 2020,
 * arXiv:2011.10566, section 4.1).
 *
 * @param z `[batch, features]`
 */
export function embeddingStd(z: tf.Tensor2D): tf.Scalar {
  const { variance } = tf.moments(l2Normalize(z), 0);
  const mean = tf.mean(tf.sqrt(variance));
  return tf.mul(mean, Math.sqrt(z.shape[1]));
}

/**
 * Participation ratio of the covariance of the L2-normalised embedding,
 * `(sum λ)² / sum λ²`: the number of directions that carry variance, 1 where
 * all embeddings lie on a line (Gao et al. 2017, doi:10.1101/214262). Found
 * from the Gram matrix, without eigenvalues.
 *
 * @param z `[batch, features]`
 */
export function embeddingRank(z: tf.Tensor2D): tf.Scalar {
  const unit = l2Normalize(z);
  const centred = tf.sub(unit, tf.mean(unit, 0, true)) as tf.Tensor2D;
  const gram = tf.matMul(centred, centred, false, true);
  const trace = tf.sum(tf.square(centred));
  // Where all are alike, both are 0: there is no direction at all.
  const squares = tf.maximum(tf.sum(tf.square(gram)), 1e-30);
  return tf.div(tf.square(trace), squares);
}
