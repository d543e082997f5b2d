/** @file Keeps features from telling the same (VICReg). */
import * as tf from "@tensorflow/tfjs";
import { z } from "zod";
import type { StageDefinition } from "../define.ts";
import { defineLoss } from "../define_loss.ts";

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

/** Sum of both sides' redundancies; 0 where features are uncorrelated. */
export const covariance: StageDefinition = defineLoss({
  name: "covariance",
  summary: "Squared covariances between different features over the batch",
  reference:
    "Bardes et al. 2021, https://arxiv.org/abs/2105.04906, equations 3 and 4",
  negatives: "none",
  spreads: "covariance",
  options: z.strictObject({}),
  landmarks: () => ({ floor: 0 }),
  apply: (a, b) => tf.add(redundancy(a), redundancy(b)) as tf.Scalar,
});
