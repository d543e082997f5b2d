/** @file Layer-wise adaptive rates (LARS). */
import * as tf from "@tensorflow/tfjs";
import { z } from "zod";
import { choice } from "../stages/choice.ts";
import { sumOfSquares } from "../ops/sum_of_squares.ts";
import { defineOptimizer, type OptimizerDefinition } from "./define.ts";
import { excludeBiasAndNorm, lr, momentum, weightDecay } from "./options.ts";

const norm = (x: tf.Tensor): tf.Tensor => tf.sqrt(sumOfSquares([x]));

/**
 * SGD with momentum, the slope of each weight scaled by
 * `trust |w| / |g + weight_decay w|`, or 1 where either length is 0; with
 * `divisor: apart` by `trust |w| / (|g| + weight_decay |w|)`. With
 * `clip`, that is divided by lr and at most 1, so that the step is at most SGD's.
 */
export const lars: OptimizerDefinition = defineOptimizer({
  name: "lars",
  summary: "SGD with momentum and a rate for each weight, for large batches",
  reference:
    "You et al. 2017, https://arxiv.org/abs/1708.03888, in the form of the released code of BYOL and Barlow Twins",
  options: z.strictObject({
    lr,
    momentum,
    weight_decay: weightDecay,
    trust: z.number().positive().max(1).default(0.001).describe(
      "Trust coefficient (eta): length of a step as a share of the weight's length",
    ),
    clip: z.boolean().default(false).describe(
      "Whether a weight's rate is at most that of SGD; where it is below, the step does not depend on lr",
    ),
    divisor: choice({
      together: "the length of slope and decay together, |g + wd w|",
      apart: "of each apart, |g| + wd |w|, as the paper and solo-learn",
    }).default("together").describe("What the rate is divided by"),
    exclude_bias_and_norm: excludeBiasAndNorm.default(true).describe(
      "Leave biases, scales and offsets of norms out of weight decay and adaptation",
    ),
  }),
  slots: ["momentum"],
  update({ value, gradient, slots, lr, isWeight }, options) {
    const adapts = isWeight || !options.exclude_bias_and_norm;
    let slope = gradient;
    if (adapts) {
      slope = tf.add(gradient, tf.mul(value, options.weight_decay));
      const weightNorm = norm(value);
      const slopeNorm = options.divisor === "together" ? norm(slope) : tf.add(
        norm(gradient),
        tf.mul(weightNorm, options.weight_decay),
      );
      const usable = tf.logicalAnd(
        tf.greater(weightNorm, 0),
        tf.greater(slopeNorm, 0),
      );
      const rate = tf.where(
        usable,
        tf.div(
          tf.mul(weightNorm, options.trust),
          tf.maximum(slopeNorm, 1e-30),
        ),
        tf.onesLike(weightNorm),
      );
      const scale = options.clip ? tf.minimum(tf.div(rate, lr), 1) : rate;
      slope = tf.mul(slope, scale);
    }
    const velocity = tf.add(
      tf.mul(slots[0] as tf.Tensor, options.momentum),
      slope,
    );
    return { value: tf.sub(value, tf.mul(velocity, lr)), slots: [velocity] };
  },
});
