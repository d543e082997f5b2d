/** @file Embeddings vary in few directions only. */
import type { VerdictDefinition } from "./define.ts";

/**
 * Below this nearly all features tell the same; see the table in
 * bench/monitors/README.md for healthy and collapsed runs.
 */
export const FEW_DIRECTIONS = 2;

/** Share of the features below which few directions are few, where there are not many. */
const SHARE = 1 / 4;

/** Share of its highest that the rank must have fallen to, early in a run. */
const FALLEN_TO = 0.5;

/** Times the threshold, of a rank that is on its way to it. */
const NEAR = 1.5;

/** Steps after the warm-up from which on a low rank is bad without a fall. */
const GRACE = 100;

/** Dimensional collapse (Hua et al. 2021, arXiv:2105.00470; Jing et al. 2021, arXiv:2110.09348). */
export const dimensionalCollapse: VerdictDefinition = {
  fault: "dimensional_collapse",
  verdict: "dimensional_collapse",
  phrase: "collapsed to few directions",
  summary:
    `correlation_rank is below ${FEW_DIRECTIONS} (of less than 8 features, below a quarter of them) and has fallen to less than ${FALLEN_TO} of its highest, or is that low ${GRACE} steps after the warm-up: nearly all features tell the same`,
  cures: [
    "check the stop-gradient, the predictor and the EMA momentum",
    "a loss that decorrelates features keeps the rank up (covariance, cross_correlation)",
    "try a smaller learning rate, or a longer warm-up",
  ],
  judgedFrom: ({ warmup }) => warmup + GRACE,
  start({ embedding, features, warmup }) {
    const few = Math.min(FEW_DIRECTIONS, SHARE * features);
    // A fresh network without batch norm may start low, and rises.
    let highest = 0;
    return ({ step, checked, metrics }) => {
      const value = metrics["correlation_rank"];
      if (!checked || value === undefined) return undefined;
      highest = Math.max(highest, value);
      const fallen = value < FALLEN_TO * highest;
      const late = step >= warmup + GRACE;
      return {
        bad: value < few && (fallen || late),
        stage: embedding,
        figure: "correlation_rank",
        value,
        threshold: few,
        meaning: "nearly all features tell the same",
        fall: {
          from: highest,
          early: Math.min(NEAR * few, FALLEN_TO * highest),
        },
      };
    };
  },
};
