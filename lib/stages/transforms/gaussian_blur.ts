/** @file Gaussian blur. */
import * as tf from "@tensorflow/tfjs";
import { z } from "zod";
import { resample } from "../../ops/resample.ts";
import {
  defineTransform,
  type TransformDefinition,
} from "../define_transform.ts";
import { chosen, probability, spreadOver } from "./options.ts";

/**
 * Matrices that blur one axis: a Gaussian sampled at whole pixels up to
 * `radius`, its weights adding up to 1, the image mirrored at its edges
 * without repeating the outermost pixel (torchvision's `gaussian_blur`).
 *
 * @param sigma Standard deviation in pixels, `[batch]`.
 * @returns `[batch, side, side]`
 */
function blurMatrix(
  sigma: tf.Tensor1D,
  side: number,
  radius: number,
): tf.Tensor3D {
  const offsets = tf.range(-radius, radius + 1);
  const width = spreadOver(sigma, 2);
  const bell = tf.exp(tf.mul(tf.square(tf.div(offsets, width)), -0.5));
  const weights = tf.div(bell, tf.sum(bell, 1, true));
  // place[o, i, j] = 1 where output i takes input j for offset o.
  const place = new Float32Array((2 * radius + 1) * side * side);
  for (let o = -radius; o <= radius; o++) {
    for (let i = 0; i < side; i++) {
      const j = mirrored(i + o, side);
      place[((o + radius) * side + i) * side + j] = 1;
    }
  }
  const places = tf.tensor2d(place, [2 * radius + 1, side * side]);
  return tf.reshape(tf.matMul(weights as tf.Tensor2D, places), [
    -1,
    side,
    side,
  ]);
}

function mirrored(index: number, side: number): number {
  if (side === 1) return 0;
  const period = 2 * (side - 1);
  const wrapped = ((index % period) + period) % period;
  return wrapped < side ? wrapped : period - wrapped;
}

/** The odd number nearest a tenth of the side, at least 3 (Chen et al. 2020, appendix A). */
function defaultKernel(side: number): number {
  return Math.max(3, 2 * Math.round((side / 10 - 1) / 2) + 1);
}

/** Blurs some of the images. */
export const gaussianBlur: TransformDefinition = defineTransform({
  name: "gaussian_blur",
  summary: "Gaussian blur of random width",
  reference: "Chen et al. 2020, https://arxiv.org/abs/2002.05709, appendix A",
  evaluation: false,
  options: z.strictObject({
    kernel_size: z.int().min(3).max(255).refine(
      (size) => size % 2 === 1,
      "expected an odd number",
    ).optional().describe(
      "Side of the kernel in pixels, odd; a tenth of the image when absent",
    ),
    sigma: z.tuple([z.number().positive(), z.number().positive()]).default([
      0.1,
      2,
    ]).describe("Least and most standard deviation in pixels"),
    p: probability(0.5),
  }),
  shape: (shape) => shape,
  apply(images, { kernel_size: kernel, sigma: [least, most], p }, random) {
    const [batch, , height, width] = images.shape;
    const blurred = spreadOver(chosen(random, batch, p), 3);
    const sigma = random.uniform([batch], least, most) as tf.Tensor1D;
    const matrix = (side: number): tf.Tensor3D => {
      const radius = ((kernel ?? defaultKernel(side)) - 1) / 2;
      return tf.add(
        tf.mul(blurMatrix(sigma, side, radius), blurred),
        tf.mul(tf.eye(side), tf.sub(1, blurred)),
      );
    };
    const rows = matrix(height);
    return resample(images, rows, width === height ? rows : matrix(width));
  },
});
