/** @file Evenness of the embeddings on the sphere. */
import * as tf from "@tensorflow/tfjs";
import type { SignalAt } from "../define.ts";

/**
 * 0 where all embeddings are alike; -4 is the limit of points that are spread
 * evenly in many dimensions. Over the pairs of different images of the first view.
 */
export const uniformity: SignalAt<"check"> = {
  at: "check",
  name: "uniformity",
  summary: "Evenness of the embeddings of a batch on the sphere",
  formula: "log mean exp(-2 |u - v|²) over pairs of images, u = z/|z|",
  reference:
    "Wang and Isola 2020, https://arxiv.org/abs/2005.10242, section 4.1 (t = 2)",
  unit: "nat",
  range: [-8, 0],
  healthy: "low",
  measure({ views }) {
    const unit = views[0] as tf.Tensor2D;
    const rows = unit.shape[0];
    if (rows < 2) return undefined;
    const cosine = tf.matMul(unit, unit, false, true);
    // |u - v|² = 2 - 2 cos
    const potential = tf.exp(tf.mul(tf.sub(cosine, 1), 4));
    // Each image with itself adds exp(0).
    const others = tf.sub(tf.sum(potential), rows);
    const mean = tf.div(tf.maximum(others, 0), rows * (rows - 1));
    return tf.log(tf.maximum(mean, 1e-30));
  },
};
