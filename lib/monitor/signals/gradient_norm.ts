/** @file Length of the gradients. */
import * as tf from "@tensorflow/tfjs";
import { sumOfSquares } from "../../ops/sum_of_squares.ts";
import type { SignalAt } from "../define.ts";

/** Of all trained parameters, and of those of each stage. */
export const gradientNorm: SignalAt<"step"> = {
  at: "step",
  name: "gradient_norm",
  summary: "Length of all gradients as one vector, and of each stage's",
  formula: "sqrt(sum of g²)",
  reference: "Pascanu et al. 2013, https://arxiv.org/abs/1211.5063",
  unit: "loss per unit of weight",
  range: [0, Infinity],
  healthy: "neither",
  measure({ gradients }) {
    const squares = [...gradients].map(([stage, all]) =>
      [stage, sumOfSquares(all)] as const
    );
    return {
      "": tf.sqrt(tf.addN(squares.map(([, square]) => square))),
      ...Object.fromEntries(
        squares.map(([stage, square]) => [stage, tf.sqrt(square)]),
      ),
    };
  },
};
