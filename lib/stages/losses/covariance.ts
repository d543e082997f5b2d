/** @file Keeps features from telling the same (VICReg). */
import * as tf from "@tensorflow/tfjs";
import { z } from "zod";
import type { StageDefinition } from "../define.ts";
import { defineLoss } from "../define_loss.ts";

/** Added to a feature's squared length; only a constant feature has none. */
const EPSILON = 1e-24;

/** Sum of the squared off-diagonal covariances, over the number of features. */
function redundancy(x: tf.Tensor2D): tf.Tensor {
  const [batch, features] = x.shape;
  const centred = tf.sub(x, tf.mean(x, 0, true)) as tf.Tensor2D;
  const covariance = tf.div(
    tf.matMul(centred, centred, true),
    Math.max(1, batch - 1),
  );
  const others = tf.mul(covariance, tf.sub(1, tf.eye(features)));
  return tf.div(tf.sum(tf.square(others)), features);
}

/** Mean of the squared correlations, those of a feature with itself as 0. */
function correlation(x: tf.Tensor2D): tf.Tensor {
  const centred = tf.sub(x, tf.mean(x, 0, true));
  const squares = tf.sum(tf.square(centred), 0, true);
  const unit = tf.mul(centred, tf.rsqrt(tf.add(squares, EPSILON)));
  const correlations = tf.matMul(
    unit as tf.Tensor2D,
    unit as tf.Tensor2D,
    true,
  );
  const others = tf.mul(correlations, tf.sub(1, tf.eye(x.shape[1])));
  return tf.mean(tf.square(others));
}

/** Sum of both sides' redundancies; 0 where features are uncorrelated. */
export const covariance: StageDefinition = defineLoss({
  name: "covariance",
  summary:
    "Squared covariances, or correlations, between different features over the batch",
  reference:
    "Bardes et al. 2021, https://arxiv.org/abs/2105.04906, equations 3 and 4",
  negatives: "none",
  spreads: "covariance",
  options: z.strictObject({
    normalize: z.boolean().default(false).describe(
      "Correlations in place of covariances, and their mean, as in VIbCReg (https://arxiv.org/abs/2109.00783)",
    ),
  }),
  landmarks: () => ({ floor: 0 }),
  apply(a, b, { normalize }) {
    const of = normalize ? correlation : redundancy;
    return tf.add(of(a), of(b)) as tf.Scalar;
  },
});
