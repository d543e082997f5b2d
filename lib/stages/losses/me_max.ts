/** @file Mean-entropy maximisation (MSN). */
import * as tf from "@tensorflow/tfjs";
import { z } from "zod";
import { defineStage, ShapeError, type StageDefinition } from "../define.ts";
import { LOSS } from "../define_loss.ts";
import { ramp } from "../ramp.ts";

/** Added to probabilities, so that the logarithm of 0 is finite. */
const EPSILON = 1e-30;

/**
 * `log K - H(m)`, `m` the mean over the rows of all views of
 * `softmax(x / temperature)` over `K` prototypes: 0 where all together use every
 * prototype alike, `log K` where they use one.
 */
export const meMax: StageDefinition = defineStage({
  key: LOSS,
  name: "me_max",
  summary:
    "How far the mean assignment of a batch is from using all prototypes alike (mean-entropy maximisation)",
  reference:
    "Assran et al. 2022, https://arxiv.org/abs/2204.07141, section 3, and https://github.com/facebookresearch/msn",
  objective: true,
  standsFor: "of",
  options: z.strictObject({
    temperature: ramp(z.number().positive().max(10)).default(0.1).describe(
      "Divides the scores",
    ),
  }),
  inputs: {
    of: {
      is: ["embedding"],
      gradient: true,
      verb: "spread",
      summary: "The student's scores, a column a prototype",
    },
  },
  build(_scope, { of = [] }) {
    const prototypes = of[0]?.shape[0] ?? 1;
    if (of.some(({ shape }) => shape[0] !== prototypes)) {
      throw new ShapeError("all views need the same number of prototypes");
    }
    return {
      outputs: {},
      apply({ of: views = [] }, run) {
        const scores = tf.div(
          tf.concat([...views], 0),
          run.scheduled("temperature"),
        );
        const mean = tf.mean(tf.softmax(scores), 0);
        const negative = tf.sum(
          tf.mul(mean, tf.log(tf.add(mean, EPSILON))),
        );
        return { loss: [tf.add(negative, Math.log(prototypes))] };
      },
    };
  },
});
