/** @file MSN's target: sharpened, and balanced where that is asked for. */
import * as tf from "@tensorflow/tfjs";
import { z } from "zod";
import { defineStage, OUTPUT, type StageDefinition } from "../define.ts";
import { ramp } from "../ramp.ts";
import { TARGET } from "./kind.ts";
import { balanced } from "./sinkhorn.ts";

/**
 * `softmax(x / temperature)` of scores. To raise probabilities
 * `softmax(x / t)` to the power of `1 / T` and scale them, as the paper writes
 * it, is the same with the temperature `t T`. No gradient flows.
 */
export const sharpen: StageDefinition = defineStage({
  key: TARGET,
  name: "sharpen",
  summary: "Scores sharpened to probabilities by a low temperature",
  reference:
    "Assran et al. 2022, https://arxiv.org/abs/2204.07141, section 3, and https://github.com/facebookresearch/msn",
  options: z.strictObject({
    temperature: ramp(z.number().positive().max(10)).default(0.025).describe(
      "Divides the scores: sharpens below the student's",
    ),
    balance: z.int().min(0).max(100).default(0).describe(
      "Rounds of Sinkhorn's normalisation after it, which gives every prototype an equal share",
    ),
  }),
  inputs: {
    of: {
      is: ["embedding"],
      verb: "sharpen",
      summary: "The teacher's scores, a column a prototype",
    },
  },
  keepsViews: true,
  standsFor: "of",
  build: (_scope, { of = [] }, { balance }) => ({
    outputs: { [OUTPUT]: of },
    apply({ of: views = [] }, run) {
      const temperature = run.scheduled("temperature");
      return {
        [OUTPUT]: views.map((x) =>
          balanced(tf.softmax(tf.div(x, temperature)) as tf.Tensor2D, balance)
        ),
      };
    },
  }),
});
