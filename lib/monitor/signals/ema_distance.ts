/** @file How far EMA twins trail what they follow. */
import * as tf from "@tensorflow/tfjs";
import { sumOfSquares } from "../../ops/sum_of_squares.ts";
import type { SignalAt } from "../define.ts";

/** One for each twin: 0 where it is a copy. */
export const emaDistance: SignalAt<"check"> = {
  at: "check",
  name: "ema_distance",
  summary: "Distance of an EMA twin's weights from those it follows",
  formula: "|target - online| / |online| over all weights of the stage",
  reference:
    "Tarvainen and Valpola 2017, https://arxiv.org/abs/1703.01780 (the average itself)",
  unit: "1",
  range: [0, Infinity],
  healthy: "neither",
  measure({ twins }) {
    if (twins.size === 0) return undefined;
    return Object.fromEntries(
      [...twins].map(([stage, { target, online }]) => {
        const apart = target.map((t, i) => tf.sub(t, online[i] as tf.Tensor));
        const length = tf.maximum(sumOfSquares(online), 1e-30);
        return [stage, tf.sqrt(tf.div(sumOfSquares(apart), length))];
      }),
    );
  },
};
