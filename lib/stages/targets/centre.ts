/** @file DINO's and iBOT's target: centred and sharpened. */
import * as tf from "@tensorflow/tfjs";
import { z } from "zod";
import {
  defineStage,
  OUTPUT,
  ShapeError,
  type StageDefinition,
} from "../define.ts";
import { ramp } from "../ramp.ts";
import { TARGET } from "./kind.ts";

/**
 * `softmax((x - centre) / temperature)` of a teacher's scores. The centre is a
 * moving mean of the scores of all views, and of all tokens of them where it
 * reads tokens, as it is when the step starts; it
 * keeps one prototype from winning always, the low temperature keeps the
 * targets from becoming uniform.
 */
export const centre: StageDefinition = defineStage({
  key: TARGET,
  name: "centre",
  summary:
    "Scores centred by their moving mean and sharpened to probabilities by a low temperature",
  reference:
    "Caron et al. 2021, https://arxiv.org/abs/2104.14294, section 3.1 and algorithm 1",
  options: z.strictObject({
    momentum: z.number().min(0).max(1).default(0.9).describe(
      "Share of the old centre that is kept; 1 keeps it at 0",
    ),
    temperature: ramp(z.number().positive().max(10)).default(0.04).describe(
      "Divides the centred scores: sharpens below the student's",
    ),
  }),
  inputs: {
    of: {
      is: ["embedding", "tokens"],
      verb: "centre",
      summary: "The teacher's scores, a column a prototype",
    },
  },
  keepsViews: true,
  standsFor: "of",
  risks: ({ momentum }) =>
    momentum === 1
      ? [{
        at: "momentum",
        message: "A centre that never moves does not centre the targets",
        hints: [
          "without centring one prototype wins for all images (Caron et al. 2021, arXiv:2104.14294, section 5.3)",
          "write a momentum below 1, such as 0.9",
        ],
      }]
      : [],
  build(scope, { of = [] }, { momentum }) {
    const shape = of[0]?.shape.slice(-1) ?? [];
    if (of.some((type) => type.shape.at(-1) !== shape[0])) {
      throw new ShapeError("all views need the same number of prototypes");
    }
    const centre = scope.declare("centre", shape, "buffer", {
      kind: "constant",
      value: 0,
    });
    return {
      outputs: { [OUTPUT]: of },
      apply({ of: views = [] }, run) {
        const old = run.read(centre);
        const rows = views.map((x) => tf.reshape(x, [-1, ...shape]));
        const mean = tf.mean(tf.concat(rows, 0), 0);
        run.update(
          centre,
          tf.add(tf.mul(old, momentum), tf.mul(mean, 1 - momentum)),
        );
        const temperature = run.scheduled("temperature");
        return {
          [OUTPUT]: views.map((x) =>
            tf.softmax(tf.div(tf.sub(x, old), temperature))
          ),
        };
      },
    };
  },
});
