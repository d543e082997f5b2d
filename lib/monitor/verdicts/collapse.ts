/** @file All embeddings become alike. */
import { RunningMean, type VerdictDefinition } from "./define.ts";

/**
 * Below this the embeddings of a batch are practically equal; healthy runs of
 * the shipped pipelines stay above 0.4. Chen and He 2020 (arXiv:2011.10566,
 * figure 2) show 0 for the collapsed run and about 1 for the healthy one, both
 * within the first epochs.
 */
export const COLLAPSED_BELOW = 0.1;

/**
 * Share of its highest below which the spread is on its way to 0: BYOL without
 * a predictor and VICReg by invariance alone shrink slowly, to 0.4 and 0.25 of
 * it within 300 steps. No healthy run of the bench fell below 0.6.
 */
export const SHRUNK_TO = 0.4;

/** Share of its highest below which a healthy run's spread does not fall. */
export const FALLING_BELOW = 0.6;

/** Steps after the warm-up in which a spread that shrinks has begun to. */
const GRACE = 100;

/** Complete collapse. */
export const collapse: VerdictDefinition = {
  fault: "collapse",
  verdict: "collapsed",
  phrase: "collapsed",
  summary:
    `the running mean of embedding_std is below ${COLLAPSED_BELOW}, or below ${SHRUNK_TO} of its highest: the embeddings of all images are nearly equal`,
  cures: [
    "check the stop-gradient, the predictor and the batch norms of the heads",
    "try a smaller learning rate, or a longer warm-up",
  ],
  judgedFrom: ({ warmup }) => warmup + GRACE,
  start({ embedding }) {
    const mean = new RunningMean();
    let highest = 0;
    return ({ checked, metrics }) => {
      const value = mean.add(metrics["embedding_std"] ?? NaN);
      if (!checked) return undefined;
      highest = Math.max(highest, value);
      const threshold = Math.max(COLLAPSED_BELOW, SHRUNK_TO * highest);
      return {
        bad: value < threshold,
        stage: embedding,
        figure: "embedding_std",
        value,
        threshold,
        meaning: "the embeddings of all images are nearly equal",
        fall: { from: highest, early: FALLING_BELOW * highest },
      };
    };
  },
};
