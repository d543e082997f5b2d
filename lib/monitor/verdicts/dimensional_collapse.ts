/** @file Embeddings vary in few directions only. */
import { type VerdictDefinition } from "./define.ts";

/** TODO */
export const FEW_DIRECTIONS = 2;

/** Dimensional collapse (Hua et al. 2021, arXiv:2105.00470; Jing et al. 2021, arXiv:2110.09348). */
export const dimensionalCollapse: VerdictDefinition = {
  fault: "dimensional_collapse",
  verdict: "dimensional_collapse",
  phrase: "collapsed to few directions",
  summary:
    `correlation_rank is below ${FEW_DIRECTIONS}: all features tell the same, or nearly so`,
  cures: [
    "check the stop-gradient, the predictor and the EMA momentum",
    "a loss that decorrelates features keeps the rank up (covariance, cross_correlation)",
    "try a smaller learning rate, or a longer warm-up",
  ],
  start({ embedding }) {
    return ({ checked, metrics }) => {
      const value = metrics["correlation_rank"];
      if (!checked || value === undefined) return undefined;
      return {
        bad: value < FEW_DIRECTIONS,
        stage: embedding,
        figure: "correlation_rank",
        value,
        threshold: FEW_DIRECTIONS,
        meaning: "nearly all features tell the same",
      };
    };
  },
};
