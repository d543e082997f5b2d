/** @file Variables that hold no numbers. */
import * as tf from "@tensorflow/tfjs";
import type { SignalAt } from "../define.ts";

/** Of each stage: how many of its values are NaN or infinite. */
export const nonfinite: SignalAt<"check"> = {
  at: "check",
  name: "nonfinite",
  summary: "Values of a stage's variables that are NaN or infinite",
  formula: "count of values x for which x - x is not 0",
  reference: "IEEE 754-2019",
  unit: "values",
  range: [0, Infinity],
  healthy: "low",
  measure({ variables }) {
    return Object.fromEntries(
      [...variables].map(([stage, all]) => [
        stage,
        tf.addN(
          all.map((x) =>
            tf.sum(tf.cast(tf.logicalNot(tf.isFinite(x)), "float32"))
          ),
        ),
      ]),
    );
  },
};
