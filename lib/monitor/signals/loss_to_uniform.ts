/** @file A loss against that of a guess. */
import type { SignalAt } from "../define.ts";

/** 1 where a loss is that of a guess among all candidates. */
export const lossToUniform: SignalAt<"loss"> = {
  at: "loss",
  name: "loss_to_uniform",
  summary: "A contrastive loss as a share of a uniform guess's",
  formula: "loss / log K, K the number of candidates",
  reference:
    "van den Oord et al. 2018, https://arxiv.org/abs/1807.03748, section 2.3",
  unit: "1",
  range: [0, Infinity],
  healthy: "low",
  measure: (loss, { uniform }) =>
    uniform === undefined ? undefined : loss / uniform,
};
