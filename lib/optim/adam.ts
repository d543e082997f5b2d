/** @file Adam, and AdamW with decoupled weight decay. */
import * as tf from "@tensorflow/tfjs";
import { z } from "zod";
import { defineOptimizer, type OptimizerDefinition } from "./define.ts";
import { decays, excludeBiasAndNorm, lr, weightDecay } from "./options.ts";

const beta = z.number().min(0).lt(1);
const options = z.strictObject({
  lr,
  beta1: beta.default(0.9).describe("Share kept of the moving gradient"),
  beta2: beta.default(0.999).describe("Share kept of the moving square"),
  epsilon: z.number().positive().default(1e-8).describe(
    "Added to the root of the moving square",
  ),
  weight_decay: weightDecay,
  exclude_bias_and_norm: excludeBiasAndNorm.default(false),
});
type Options = z.infer<typeof options>;

function define(
  name: string,
  summary: string,
  reference: string,
  decoupled: boolean,
): OptimizerDefinition {
  return defineOptimizer<Options>({
    name,
    summary,
    reference,
    adaptive: true,
    options,
    slots: ["mean", "square"],
    update({ value, gradient, slots, lr, step, isWeight }, options) {
      const { beta1, beta2, epsilon, weight_decay: decay } = options;
      const pulls = decays(decay) &&
        (isWeight || !options.exclude_bias_and_norm);
      const pull = tf.mul(value, decay);
      const slope = pulls && !decoupled ? tf.add(gradient, pull) : gradient;
      const move = (old: tf.Tensor, now: tf.Tensor, keep: number): tf.Tensor =>
        tf.add(tf.mul(old, keep), tf.mul(now, 1 - keep));
      const mean = move(slots[0] as tf.Tensor, slope, beta1);
      const square = move(slots[1] as tf.Tensor, tf.square(slope), beta2);
      const count = tf.add(step, 1);
      const unbiased = (moving: tf.Tensor, keep: number): tf.Tensor =>
        tf.div(moving, tf.sub(1, tf.pow(keep, count)));
      const direction = tf.div(
        unbiased(mean, beta1),
        tf.add(tf.sqrt(unbiased(square, beta2)), epsilon),
      );
      const change = pulls && decoupled ? tf.add(direction, pull) : direction;
      return {
        value: tf.sub(value, tf.mul(change, lr)),
        slots: [mean, square],
      };
    },
  });
}

/** Adam; weight decay is part of the gradient. */
export const adam: OptimizerDefinition = define(
  "adam",
  "Adam: moving mean and square of each gradient",
  "Kingma and Ba 2014, https://arxiv.org/abs/1412.6980",
  false,
);

/** AdamW; weight decay is apart from the gradient. */
export const adamw: OptimizerDefinition = define(
  "adamw",
  "Adam with decoupled weight decay",
  "Loshchilov and Hutter 2017, https://arxiv.org/abs/1711.05101",
  true,
);
