/** @file Numbers overflow, or grow without end. */
import {
  type Metrics,
  type Reading,
  RunningMean,
  type VerdictDefinition,
} from "./define.ts";

/** How many times their first length the gradients may grow to. */
const GROWTH = 1000;

/** Steps whose gradients are the first. */
const FIRST = 20;

const NONFINITE = "nonfinite:";

/** Stage that a figure is about: after the colon, if there is one. */
const stageOf = (key: string, otherwise: string): string =>
  key.includes(":") ? key.slice(key.indexOf(":") + 1) : otherwise;

/** The first figure that tells of numbers lost; parts of a stage before the whole. */
function lost(metrics: Metrics): [string, number] | undefined {
  const all = Object.entries(metrics).filter(([key, value]) =>
    !Number.isFinite(value) || key.startsWith(NONFINITE) && value > 0
  );
  return all.find(([key]) => key.includes(":")) ?? all[0];
}

/** Divergence. */
export const divergence: VerdictDefinition = {
  fault: "divergence",
  verdict: "diverged",
  phrase: "diverged",
  summary:
    `a loss, a gradient or a variable is NaN or infinite, at once; or the running mean of gradient_norm is above ${GROWTH} times that of the first ${FIRST} steps`,
  cures: [
    "try a smaller learning rate, or a longer warm-up",
    "look for the first bad step in metrics.jsonl",
  ],
  judgedFrom: () => FIRST + 1,
  start({ embedding }) {
    const mean = new RunningMean();
    let [first, steps] = [0, 0];
    return ({ checked, metrics }): Reading | undefined => {
      const found = lost(metrics);
      if (found) {
        const [figure, value] = found;
        return {
          bad: true,
          certain: true,
          stage: stageOf(figure, embedding),
          figure,
          value,
          meaning: figure.startsWith(NONFINITE)
            ? "so many values of its variables are NaN or infinite"
            : "numbers were lost",
        };
      }
      const value = mean.add(metrics["gradient_norm"] ?? NaN);
      if (++steps <= FIRST) first = value;
      if (!checked || steps <= FIRST) return undefined;
      const threshold = GROWTH * first;
      return {
        bad: first > 0 && value > threshold,
        stage: embedding,
        figure: "gradient_norm",
        value,
        threshold,
        meaning: `the gradients have grown more than ${GROWTH} times`,
      };
    };
  },
};
