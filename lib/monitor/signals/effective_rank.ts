/** @file Number of directions in which embeddings vary. */
import type { SignalAt } from "../define.ts";
import { entropyRank } from "./entropy_rank.ts";

/** Effective rank of the covariance matrix. */
export const effectiveRank: SignalAt<"spectrum"> = {
  at: "spectrum",
  name: "effective_rank",
  summary: "Number of directions that carry the embeddings' variance",
  formula: "exp(-sum p log p), p = λ / sum λ, λ the covariance's eigenvalues",
  reference:
    "Roy and Vetterli 2007, https://ieeexplore.ieee.org/document/7098875",
  unit: "directions",
  range: [0, Infinity],
  healthy: "high",
  measure: ({ covariance }) => entropyRank(covariance),
};
