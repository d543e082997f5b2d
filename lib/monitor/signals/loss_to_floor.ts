/** @file A loss against the value that a constant embedding reaches. */
import type { SignalAt } from "../define.ts";

/** 0 at the floor. One for each loss that has one. */
export const lossToFloor: SignalAt<"loss"> = {
  at: "loss",
  name: "loss_to_floor",
  summary: "Height of a loss above the least it can be",
  formula: "loss - floor, the floor being what a constant embedding reaches",
  reference:
    "Chen and He 2020, https://arxiv.org/abs/2011.10566, figure 2 (-1 for the cosine)",
  unit: "loss",
  range: [0, Infinity],
  healthy: "neither",
  measure: (loss, { floor }) => floor === undefined ? undefined : loss - floor,
};
