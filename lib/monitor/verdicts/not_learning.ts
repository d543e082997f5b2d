/** @file The loss does not fall. */
import type { VerdictDefinition } from "./define.ts";

/** Steps whose losses are averaged. */
const WINDOW = 50;
/** Windows after the warm-up before it is judged. */
const GRACE = 3;
/** Standard errors that a mean must lie below another to count as fallen. */
const CLEARLY = 4;

/** Mean of a window, and the variance of that mean. */
interface Window {
  readonly mean: number;
  readonly error: number;
}

function summarize(values: readonly number[]): Window {
  const mean = values.reduce((sum, v) => sum + v, 0) / values.length;
  const squares = values.reduce((sum, v) => sum + (v - mean) ** 2, 0);
  return { mean, error: squares / (values.length - 1) / values.length };
}

/** Not learning: no stretch of steps has a lower loss than one before it. */
export const notLearning: VerdictDefinition = {
  fault: "not_learning",
  verdict: "not_learning",
  phrase: "is not learning",
  summary:
    `the mean loss of ${WINDOW} steps was never ${CLEARLY} standard errors below that of ${WINDOW} steps before them, ${
      GRACE * WINDOW
    } steps after the warm-up or later`,
  cures: [
    "check the learning rate, and that the schedule lets it rise",
    "check that the loss reads the network that is trained",
  ],
  judgedFrom: ({ warmup }) =>
    Math.max(warmup + GRACE * WINDOW, (GRACE + 1) * WINDOW),
  start({ embedding, warmup }) {
    let values: number[] = [];
    let highest: Window | undefined;
    /** How far the loss has fallen, in standard errors; the most so far. */
    let fall = 0;
    let windows = 0;
    return ({ step, checked, metrics }) => {
      const loss = metrics["loss"] ?? NaN;
      if (Number.isFinite(loss)) values.push(loss);
      if (values.length === WINDOW) {
        const now = summarize(values);
        values = [];
        windows++;
        if (highest) {
          const error = Math.sqrt(highest.error + now.error);
          fall = Math.max(fall, (highest.mean - now.mean) / (error || 1e-30));
        }
        if (!highest || now.mean > highest.mean) highest = now;
      }
      const early = step < warmup + GRACE * WINDOW || windows <= GRACE;
      if (!checked || early) return undefined;
      return {
        bad: fall < CLEARLY,
        stage: embedding,
        figure: "loss",
        value: loss,
        meaning: "it has not fallen since the start",
      };
    };
  },
};
