/** @file Closeness of the views of one image. */
import * as tf from "@tensorflow/tfjs";
import type { SignalAt } from "../define.ts";

/** 0 where all views of an image have one embedding, 2 where they know nothing of each other. */
export const alignment: SignalAt<"check"> = {
  at: "check",
  name: "alignment",
  summary: "Distance between embeddings of two views of one image",
  formula: "mean |u - v|² over the pairs of views, u = z/|z|",
  reference:
    "Wang and Isola 2020, https://arxiv.org/abs/2005.10242, section 4.1 (alpha = 2)",
  unit: "1",
  range: [0, 4],
  healthy: "low",
  measure({ views }) {
    const distances = views.flatMap((u, i) =>
      views.slice(i + 1).map((v) =>
        tf.mean(tf.sum(tf.squaredDifference(u, v), 1))
      )
    );
    if (distances.length === 0) return undefined;
    return tf.div(tf.addN(distances), distances.length);
  },
};
