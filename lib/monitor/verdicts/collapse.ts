/** @file All embeddings become alike. */
import { RunningMean, type VerdictDefinition } from "./define.ts";

/**
 * Below this the embeddings of a batch are practically equal; healthy runs of
 * the shipped pipelines stay above 0.4. Chen and He 2020 (arXiv:2011.10566,
 * figure 2) show 0 for the collapsed run and about 1 for the healthy one, both
 * within the first epochs.
 */
export const COLLAPSED_BELOW = 0.1;

/** Complete collapse. */
export const collapse: VerdictDefinition = {
  fault: "collapse",
  verdict: "collapsed",
  phrase: "collapsed",
  summary:
    `the running mean of embedding_std is below ${COLLAPSED_BELOW}: the embeddings of all images are practically equal`,
  cures: [
    "check the stop-gradient, the predictor and the batch norms of the heads",
    "try a smaller learning rate, or a longer warm-up",
  ],
  start({ embedding }) {
    const mean = new RunningMean();
    return ({ checked, metrics }) => {
      const value = mean.add(metrics["embedding_std"] ?? NaN);
      if (!checked) return undefined;
      return {
        bad: value < COLLAPSED_BELOW,
        stage: embedding,
        figure: "embedding_std",
        value,
        threshold: COLLAPSED_BELOW,
        meaning: "the embeddings of all images are practically equal",
      };
    };
  },
};
