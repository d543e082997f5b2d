/** @file Scores of an encoder: their names, and what the linear probe tries where nothing is said. */

/** Names of the scores, as `metrics.jsonl` has them. */
export const SCORES = ["knn", "linear", "accuracy"] as const;

/** What scores are asked for. */
interface Asked {
  readonly knn?: unknown;
  readonly linear?: unknown;
  readonly classifier?: unknown;
}

/** What of a pipeline asks for each score. */
const ASKED_BY = {
  knn: "knn",
  linear: "linear",
  accuracy: "classifier",
} as const;

/** Scores that a pipeline asks for. */
export const askedScores = (
  evaluate: Asked,
): readonly (typeof SCORES)[number][] =>
  SCORES.filter((key) => evaluate[ASKED_BY[key]]);

/** Whether anything is judged at all. */
export const isJudged = (evaluate: Asked): boolean =>
  askedScores(evaluate).length > 0;

/** Scores that a run reports while it trains. */
export const reportedScores = (
  evaluate: Asked & { readonly every?: number | undefined },
): readonly string[] =>
  evaluate.every === undefined ? [] : askedScores(evaluate);

/** Penalties to choose from, as scikit-learn's `C`; the strongest first. */
export const PENALTIES: readonly number[] = [0.001, 0.01, 0.1, 1, 10, 100];

/** Most steps of its solver. */
export const ITERATIONS = 500;
