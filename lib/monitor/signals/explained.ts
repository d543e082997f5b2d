/** @file How much of what was hidden a prediction explains. */
import * as tf from "@tensorflow/tfjs";
import type { SignalAt } from "../define.ts";

/** 0 where a network has learnt no more than the mean token, 1 where all is predicted. */
export const explained: SignalAt<"step"> = {
  at: "step",
  name: "explained",
  summary:
    "Share of the variance of hidden pixels or tokens that their prediction explains",
  formula:
    "1 - sum |x - p|² / sum |x - m|², x a hidden token, p its prediction, m the mean token",
  reference:
    "the coefficient of determination of Wright 1921, Journal of Agricultural Research 20, pages 557 to 585; of hidden pixels in He et al. 2021, https://arxiv.org/abs/2111.06377",
  unit: "1",
  range: [-Infinity, 1],
  healthy: "high",
  measure: ({ predictions }) =>
    Object.fromEntries(
      [...predictions].map(([stage, { made, hidden }]) => {
        const missed = tf.sum(tf.square(tf.sub(hidden, made)));
        const spread = tf.sum(
          tf.square(tf.sub(hidden, tf.mean(hidden, 0, true))),
        );
        return [stage, tf.sub(1, tf.div(missed, tf.maximum(spread, 1e-12)))];
      }),
    ),
};
