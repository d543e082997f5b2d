/** @file How undecided a teacher is. */
import * as tf from "@tensorflow/tfjs";
import type { SignalAt } from "../define.ts";
import { entropyShare, ofAssignments } from "./entropy.ts";

/** 1 where its targets are uniform (not sharpened enough), 0 where each is one prototype. */
export const targetEntropy: SignalAt<"step"> = {
  at: "step",
  name: "target_entropy",
  summary: "Entropy of a teacher's targets, of the most that it can be",
  formula:
    "mean over rows of -sum t log t / log K, t the target over K prototypes",
  reference: "Caron et al. 2021, https://arxiv.org/abs/2104.14294, section 5.3",
  unit: "1",
  range: [0, 1],
  healthy: "neither",
  measure: (inputs) =>
    ofAssignments(inputs, ({ target }) => tf.mean(entropyShare(target))),
};
