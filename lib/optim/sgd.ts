/** @file Stochastic gradient descent with momentum. */
import * as tf from "@tensorflow/tfjs";
import { z } from "zod";
import { defineOptimizer, type OptimizerDefinition } from "./define.ts";
import {
  decays,
  excludeBiasAndNorm,
  lr,
  momentum,
  weightDecay,
} from "./options.ts";

/**
 * `v = momentum v + (g + weight_decay w)`, `w = w - lr v`: PyTorch's form, in
 * which the learning rate is outside the moving value.
 */
export const sgd: OptimizerDefinition = defineOptimizer({
  name: "sgd",
  summary: "Stochastic gradient descent with momentum",
  options: z.strictObject({
    lr,
    momentum,
    weight_decay: weightDecay,
    exclude_bias_and_norm: excludeBiasAndNorm.default(false),
  }),
  slots: ["momentum"],
  update({ value, gradient, slots, lr, isWeight }, options) {
    const pulls = decays(options.weight_decay) &&
      (isWeight || !options.exclude_bias_and_norm);
    const slope = pulls
      ? tf.add(gradient, tf.mul(value, options.weight_decay))
      : gradient;
    const velocity = tf.add(
      tf.mul(slots[0] as tf.Tensor, options.momentum),
      slope,
    );
    return { value: tf.sub(value, tf.mul(velocity, lr)), slots: [velocity] };
  },
});
