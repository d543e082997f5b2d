/** @file Spread of the embeddings over the sphere. */
import * as tf from "@tensorflow/tfjs";
import { l2Normalize } from "../../ops/normalize.ts";
import type { SignalAt } from "../define.ts";

/** 1 where embeddings spread evenly over the sphere, 0 where they are all alike. */
export const embeddingStd: SignalAt<"step"> = {
  at: "step",
  name: "embedding_std",
  summary: "Spread of the embeddings of a batch over the sphere",
  formula: "sqrt(d) · mean over features of std over the batch of z/|z|",
  reference: "Chen and He 2020, https://arxiv.org/abs/2011.10566, section 4.1",
  unit: "1",
  range: [0, 1],
  healthy: "high",
  measure({ embedding }) {
    const { variance } = tf.moments(l2Normalize(embedding), 0);
    const mean = tf.mean(tf.sqrt(variance));
    return tf.mul(mean, Math.sqrt(embedding.shape[1]));
  },
};
