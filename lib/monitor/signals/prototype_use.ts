/** @file How many prototypes the targets of a batch use. */
import * as tf from "@tensorflow/tfjs";
import type { SignalAt } from "../define.ts";
import { entropyShare, ofAssignments, shareOfAll } from "./entropy.ts";

/** 1 where all are used alike, 1 / K where one is. */
export const prototypeUse: SignalAt<"step"> = {
  at: "step",
  name: "prototype_use",
  summary:
    "Share of the prototypes that a batch's targets use, as a perplexity",
  formula: "exp(-sum m log m) / K, m the mean of the targets over the rows",
  reference:
    "the perplexity of the codes in van den Oord et al. 2017, https://arxiv.org/abs/1711.00937",
  unit: "1",
  range: [0, 1],
  healthy: "neither",
  measure: (inputs) =>
    ofAssignments(inputs, ({ target }) => {
      const most = Math.max(2, target.shape[1] as number);
      const entropy = tf.mul(entropyShare(shareOfAll(target)), Math.log(most));
      return tf.div(tf.reshape(tf.exp(entropy), []), most);
    }),
};
