/** @file What a target tells of its image. */
import * as tf from "@tensorflow/tfjs";
import type { SignalAt } from "../define.ts";
import { entropyShare, ofAssignments, shareOfAll } from "./entropy.ts";

/** 0 in both collapses of DINO: of targets that are all uniform, and of targets that are all the same prototype. */
export const prototypeInformation: SignalAt<"step"> = {
  at: "step",
  name: "prototype_information",
  summary: "Information of a teacher's targets about their images",
  formula:
    "(H(mean over rows of t) - mean over rows of H(t)) / log K, H = -sum t log t, t the target over K prototypes",
  reference:
    "the mean KL(t | mean t), which is 0 in both collapses of Caron et al. 2021, https://arxiv.org/abs/2104.14294, section 5.3; as an objective Bridle et al. 1991, NIPS 4",
  unit: "1",
  range: [0, 1],
  healthy: "high",
  measure: (inputs) =>
    ofAssignments(inputs, ({ target }) =>
      tf.sub(
        tf.reshape(entropyShare(shareOfAll(target)), []),
        tf.mean(entropyShare(target)),
      )),
};
