/** @file Spread of a teacher's tokens over the images. */
import * as tf from "@tensorflow/tfjs";
import type { SignalAt } from "../define.ts";

/** 0 where a teacher gives each image the same tokens: all that a student predicts then is the place. */
export const targetSpread: SignalAt<"step"> = {
  at: "step",
  name: "target_spread",
  summary: "Spread over the images of the tokens that a teacher gives",
  formula:
    "sqrt(mean over places of |t - mean over images of t|² / mean of |t|²), t a token of the target",
  reference:
    "embedding_std of Chen and He 2020, https://arxiv.org/abs/2011.10566, place by place; what Assran et al. 2023, https://arxiv.org/abs/2301.08243, keep from 0 by a teacher that follows slowly",
  unit: "1",
  range: [0, 1],
  healthy: "high",
  measure: ({ predictions }) =>
    Object.fromEntries(
      [...predictions].flatMap(([stage, { teacher }]) => {
        if (teacher.length === 0) return [];
        const shares = teacher.map((tokens) => {
          const apart = tf.sub(tokens, tf.mean(tokens, 0, true));
          const size = tf.maximum(tf.mean(tf.square(tokens)), 1e-12);
          return tf.div(tf.mean(tf.square(apart)), size);
        });
        return [[stage, tf.sqrt(tf.div(tf.addN(shares), shares.length))]];
      }),
    ),
};
