/** @file RankMe. */
import type { SignalAt } from "../define.ts";
import { entropyRank } from "./entropy_rank.ts";

/**
 * Effective rank of the embeddings as a matrix, mean included. Its singular
 * values are the roots of the second moment's eigenvalues, up to a factor
 * that falls out.
 */
export const rankme: SignalAt<"spectrum"> = {
  at: "spectrum",
  name: "rankme",
  summary: "Effective rank of the matrix of embeddings",
  formula:
    "exp(-sum p log p), p = σ / sum σ, σ the embeddings' singular values",
  reference:
    "Garrido et al. 2023, https://arxiv.org/abs/2210.02885, equation 1",
  unit: "directions",
  range: [0, Infinity],
  healthy: "high",
  measure: ({ moment }) => entropyRank(moment.map(Math.sqrt)),
};
