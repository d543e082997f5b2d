/** @file Scores of an encoder: their names, and what the linear probe tries where nothing is said. */
import type { Evaluate } from "./pipeline.ts";

/** Names of the scores, as `metrics.jsonl` has them. */
export const SCORES = ["knn", "linear"] as const;

/** Scores that a run reports while it trains. */
export const reportedScores = (evaluate: Evaluate): readonly string[] =>
  evaluate.every === undefined ? [] : SCORES.filter((key) => evaluate[key]);

/** Penalties to choose from, as scikit-learn's `C`; the strongest first. */
export const PENALTIES: readonly number[] = [0.001, 0.01, 0.1, 1, 10, 100];

/** Most steps of its solver. */
export const ITERATIONS = 500;
