/** @file How undecided a student is. */
import * as tf from "@tensorflow/tfjs";
import type { SignalAt } from "../define.ts";
import { entropyShare, ofAssignments } from "./entropy.ts";

/** 1 where its assignments are uniform, 0 where each is one prototype. */
export const studentEntropy: SignalAt<"step"> = {
  at: "step",
  name: "student_entropy",
  summary: "Entropy of a student's assignments, of the most that it can be",
  formula:
    "mean over rows of -sum s log s / log K, s = softmax(scores / temperature) over K prototypes",
  reference: "Caron et al. 2021, https://arxiv.org/abs/2104.14294, section 5.3",
  unit: "1",
  range: [0, 1],
  healthy: "neither",
  measure: (inputs) =>
    ofAssignments(inputs, ({ student }) => tf.mean(entropyShare(student))),
};
