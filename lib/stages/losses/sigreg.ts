/** @file Makes embeddings an isotropic Gaussian (LeJEPA). */
import * as tf from "@tensorflow/tfjs";
import { z } from "zod";
import { meanOf } from "../../ops/mean_of.ts";
import { defineStage, type StageDefinition } from "../define.ts";
import { LOSS } from "../define_loss.ts";

/** Points and weights of the trapezoidal rule over `-most..most`, by symmetry from 0. */
function quadrature(most: number, knots: number): [number[], number[]] {
  const step = most / (knots - 1);
  const points = Array.from({ length: knots }, (_, i) => i * step);
  const weights = points.map((_, i) =>
    i === 0 || i === knots - 1 ? step : 2 * step
  );
  return [points, weights];
}

/**
 * Epps and Pulley's statistic along random directions: how far the empirical
 * characteristic function of a batch is from that of a standard normal,
 * weighted by the latter, times the batch; the mean over directions and views.
 */
export const sigreg: StageDefinition = defineStage({
  key: LOSS,
  name: "sigreg",
  summary:
    "How far the embeddings of a batch are from an isotropic Gaussian, along random directions",
  reference:
    "Balestriero and LeCun 2025, https://arxiv.org/abs/2511.08544, section 4 (SIGReg)",
  objective: true,
  spreads: "both",
  options: z.strictObject({
    directions: z.int().min(1).max(65_536).default(256).describe(
      "Random directions of each step",
    ),
    knots: z.int().min(2).max(1025).default(17).describe(
      "Points at which the characteristic functions are compared",
    ),
    most: z.number().positive().max(100).default(3).describe(
      "The largest of these points",
    ),
  }),
  inputs: {
    of: {
      is: ["embedding"],
      gradient: true,
      verb: "spread",
      summary: "Embeddings, each view by itself",
    },
  },
  build(_scope, { of = [] }, { directions, knots, most }) {
    const [points, weights] = quadrature(most, knots);
    const normal = points.map((t) => Math.exp(-t * t / 2));
    const integral = weights.map((weight, i) => weight * (normal[i] as number));
    return {
      outputs: {},
      apply({ of: views = [] }, run) {
        const random = run.random("directions");
        const terms = views.map((x, view) => {
          const drawn = random.normal([of[view]?.shape[0] ?? 0, directions]);
          const axes = tf.div(
            drawn,
            tf.sqrt(tf.sum(tf.square(drawn), 0, true)),
          ) as tf.Tensor2D;
          const along = tf.matMul(x as tf.Tensor2D, axes);
          const angles = tf.mul(tf.expandDims(along, 2), tf.tensor1d(points));
          const real = tf.sub(tf.mean(tf.cos(angles), 0), tf.tensor1d(normal));
          const imaginary = tf.mean(tf.sin(angles), 0);
          const gap = tf.add(tf.square(real), tf.square(imaginary));
          const each = tf.sum(tf.mul(gap, tf.tensor1d(integral)), 1);
          return tf.mul(tf.mean(each), x.shape[0] as number);
        });
        return { loss: [meanOf(terms)] };
      },
    };
  },
});
