/** @file All embeddings become alike. */
import {
  type Metrics,
  type Reading,
  RunningMean,
  type VerdictDefinition,
  worstOf,
} from "./define.ts";

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

/** Follows one figure of a spread, where there is one. */
function follow(
  stage: string,
  figure: string,
  what: string,
): (metrics: Metrics, checked: boolean) => Reading | undefined {
  const mean = new RunningMean();
  let highest = 0;
  return (metrics, checked) => {
    const value = mean.add(metrics[figure] ?? NaN);
    if (!checked || Number.isNaN(value)) return undefined;
    highest = Math.max(highest, value);
    const threshold = Math.max(COLLAPSED_BELOW, SHRUNK_TO * highest);
    return {
      bad: value < threshold,
      stage,
      figure,
      value,
      threshold,
      meaning: `${what} are nearly equal`,
      fall: { from: highest, early: FALLING_BELOW * highest },
    };
  };
}

/** Complete collapse. */
export const collapse: VerdictDefinition = {
  fault: "collapse",
  verdict: "collapsed",
  phrase: "collapsed",
  summary:
    `the running mean of embedding_std, or in its place of target_spread where a loss has one, is below ${COLLAPSED_BELOW}, or below ${SHRUNK_TO} of its highest: the embeddings of all images, or a teacher's tokens of them, are nearly equal`,
  cures: [
    "check the stop-gradient, the predictor and the batch norms of the heads",
    "try a smaller learning rate, or a longer warm-up",
  ],
  judgedFrom: ({ warmup }) => warmup + GRACE,
  start({ embedding, losses }) {
    const spread = follow(
      embedding,
      "embedding_std",
      "the embeddings of all images",
    );
    const teachers = [...losses].filter(([, { hidden }]) => hidden)
      .map(([loss]) =>
        follow(
          loss,
          `target_spread:${loss}`,
          "a teacher's tokens of all images",
        )
      );
    return ({ checked, metrics }) => {
      const found = teachers.flatMap((one) => one(metrics, checked) ?? []);
      const own = spread(metrics, checked);
      // The mean of a healthy teacher's tokens may well shrink.
      return found.length > 0 ? worstOf(found) : own;
    };
  },
};
