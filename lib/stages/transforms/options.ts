/** @file Options and helpers that transforms share. */
import * as tf from "@tensorflow/tfjs";
import { z } from "zod";
import { choice } from "../choice.ts";
import type { Random } from "../../ops/random.ts";
import type { Sampling } from "../../ops/warp.ts";

/** Side of a square in pixels. */
export const side: z.ZodNumber = z.int().min(1).max(4096);

/** Probability of applying a transform to a sample. */
export const probability = (value: number): z.ZodDefault<z.ZodNumber> =>
  z.number().min(0).max(1).default(value).describe(
    "Probability for each sample, 0..1",
  );

/** How pixels between pixels are computed where images are turned or moved. */
export const sampling = (
  standard: Sampling,
): z.ZodDefault<z.ZodType<Sampling, Sampling>> =>
  choice({
    nearest: "that of the nearest pixel",
    bilinear: "a mean of the four around, nearer ones count more",
  }).default(standard).describe(
    "How pixels between pixels are computed",
  );

/** What is seen outside of the image. */
export const fill: z.ZodDefault<z.ZodNumber> = z.number().min(0).max(1)
  .default(0).describe("Value of what lies outside of the image, 0..1");

/** 1 for the samples that a transform applies to and 0 for the others, `[batch]`. */
export function chosen(
  random: Random,
  batch: number,
  probability: number,
): tf.Tensor1D {
  const drawn = tf.less(random.uniform([batch]), probability);
  return tf.cast(drawn, "float32") as tf.Tensor1D;
}

/**
 * `made` for the samples that are chosen and `images` for the others. A
 * selection that broadcasts takes a CPU several times as long as two products.
 *
 * @param chosen 1 or 0, `[batch]`.
 */
export function selected(
  chosen: tf.Tensor1D,
  made: tf.Tensor,
  images: tf.Tensor4D,
): tf.Tensor4D {
  const share = spreadOver(chosen, 4);
  return tf.add(tf.mul(made, share), tf.mul(images, tf.sub(1, share)));
}

/** `[batch]` as `[batch, 1, ...]` of a rank. */
export function spreadOver(x: tf.Tensor1D, rank: number): tf.Tensor {
  return tf.reshape(x, [x.shape[0], ...Array<number>(rank - 1).fill(1)]);
}

/** Luma of ITU-R BT.601, as torchvision rounds it. */
export const LUMA: readonly [number, number, number] = [0.2989, 0.587, 0.114];

/** What gray is made of: luma of three channels, the mean of any others. */
export const grayWeights = (channels: number): number[] =>
  channels === 3 ? [...LUMA] : Array(channels).fill(1 / channels);
