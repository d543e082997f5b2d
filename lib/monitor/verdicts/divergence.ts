/** @file Numbers overflow, or the loss grows. */
import { type Metrics, RunningMean, type VerdictDefinition } from "./define.ts";

/** Times its first mean that a gradient's length may grow to. */
export const GROWTH = 1000;

/** Stage that a figure is about: after the colon, if there is one. */
const stageOf = (key: string, otherwise: string): string =>
  key.includes(":") ? key.slice(key.indexOf(":") + 1) : otherwise;

/** The first figure that is no number; parts of a stage before the whole. */
function broken(metrics: Metrics): [string, number] | undefined {
  const all = Object.entries(metrics).filter(([, value]) =>
    !Number.isFinite(value)
  );
  return all.find(([key]) => key.includes(":")) ?? all[0];
}

/** Divergence. */
export const divergence: VerdictDefinition = {
  fault: "divergence",
  verdict: "diverged",
  phrase: "diverged",
  summary:
    `a loss, a gradient or a variable is NaN or infinite, or the running mean of gradient_norm is ${GROWTH} times that of the first steps`,
  cures: [
    "try a smaller learning rate, or a longer warm-up",
    "look for the first bad step in metrics.jsonl",
  ],
  start({ embedding }) {
    return ({ metrics }) => {
      const found = broken(metrics);
      if (!found) return undefined;
      return {
        bad: true,
        certain: true,
        stage: stageOf(found[0], embedding),
        figure: found[0],
        value: found[1],
        meaning: "",
      };
    };
  },
};
