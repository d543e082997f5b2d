/** @file The loss does not fall, or nothing of what was hidden is predicted. */
import {
  type Metrics,
  type Reading,
  type RunFacts,
  type VerdictDefinition,
  worstOf,
} from "./define.ts";

/** Steps whose values are averaged. */
const WINDOW = 50;
/** Windows after the warm-up before a loss is judged. */
const GRACE = 3;
/** The same of predictions: a decoder first learns what tokens are on average. */
const LONGER = 12;
/** Standard errors that a mean must differ by to count. */
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

/** Values of a figure, window after window. */
class Windows {
  #values: number[] = [];
  count = 0;

  /** Takes a value in; the window that it fills, if it does. */
  add(value: number): Window | undefined {
    if (Number.isFinite(value)) this.#values.push(value);
    if (this.#values.length < WINDOW) return undefined;
    const full = summarize(this.#values);
    this.#values = [];
    this.count++;
    return full;
  }
}

/** Judges one figure, from a step on. */
type Follow = (metrics: Metrics, step: number) => Reading | undefined;

/** A loss: bad if no window is clearly below one before it. */
function falling({ embedding, warmup }: RunFacts): Follow {
  const windows = new Windows();
  let highest: Window | undefined;
  /** How far the loss has fallen, in standard errors; the most so far. */
  let fall = 0;
  return (metrics, step) => {
    const value = metrics["loss"] ?? NaN;
    const now = windows.add(value);
    if (now && highest) {
      const error = Math.sqrt(highest.error + now.error);
      fall = Math.max(fall, (highest.mean - now.mean) / (error || 1e-30));
    }
    if (now && (!highest || now.mean > highest.mean)) highest = now;
    const early = step < warmup + GRACE * WINDOW || windows.count <= GRACE;
    if (early) return undefined;
    return {
      bad: fall < CLEARLY,
      stage: embedding,
      figure: "loss",
      value,
      meaning: "it has not fallen since the start",
    };
  };
}

/** What is explained of hidden tokens: bad if no window is clearly above 0. */
function explaining(loss: string, { warmup }: RunFacts): Follow {
  const windows = new Windows();
  const figure = `explained:${loss}`;
  /** How far it was above 0, in standard errors; the most so far. */
  let above = -Infinity;
  return (metrics, step) => {
    const value = metrics[figure] ?? NaN;
    const now = windows.add(value);
    if (now) {
      above = Math.max(above, now.mean / (Math.sqrt(now.error) || 1e-30));
    }
    if (step < warmup + LONGER * WINDOW) return undefined;
    return {
      bad: above < CLEARLY,
      stage: loss,
      figure,
      value,
      meaning: "nothing of what was hidden is predicted but its mean",
    };
  };
}

const hiding = ({ losses }: RunFacts): readonly string[] =>
  [...losses].filter(([, { hidden }]) => hidden).map(([loss]) => loss);

/** Not learning: no stretch of steps has a lower loss than one before it. */
export const notLearning: VerdictDefinition = {
  fault: "not_learning",
  verdict: "not_learning",
  phrase: "is not learning",
  summary:
    `the mean loss of ${WINDOW} steps was never ${CLEARLY} standard errors below that of ${WINDOW} steps before them, ${
      GRACE * WINDOW
    } steps after the warm-up or later; of a loss of what was hidden, in its place, the mean of ${WINDOW} steps of explained was never ${CLEARLY} standard errors above 0, ${
      LONGER * WINDOW
    } steps after the warm-up or later`,
  cures: [
    "check the learning rate, and that the schedule lets it rise",
    "check that the loss reads the network that is trained, and the places that the decoder was asked for",
  ],
  judgedFrom: (run) =>
    hiding(run).length > 0
      ? run.warmup + LONGER * WINDOW
      : Math.max(run.warmup + GRACE * WINDOW, (GRACE + 1) * WINDOW),
  start(run) {
    const hidden = hiding(run);
    const all = hidden.length > 0
      ? hidden.map((loss) => explaining(loss, run))
      : [falling(run)];
    return ({ step, checked, metrics }) => {
      const found = all.flatMap((one) => one(metrics, step) ?? []);
      return checked ? worstOf(found) : undefined;
    };
  },
};
