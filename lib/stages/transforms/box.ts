/** @file Random boxes in an image: what a crop keeps, what an erasing hides. */
import * as tf from "@tensorflow/tfjs";
import { z } from "zod";
import type { Random } from "../../ops/random.ts";

/** Tries before a box is given up, as torchvision. */
const TRIES = 10;

/** Two numbers above 0, the second at least the first. */
export const range = (
  low: number,
  high: number,
  most: number = Number.POSITIVE_INFINITY,
): z.ZodType<readonly [number, number]> =>
  z.tuple([z.number(), z.number()]).refine(
    ([from, to]) => from > 0 && from <= to && to <= most,
    `expected [least, most] with 0 < least <= most${
      Number.isFinite(most) ? ` <= ${most}` : ""
    }`,
  ).default([low, high]);

/** Boxes of a batch, in whole pixels, each `[batch]`. */
export interface Boxes {
  readonly top: tf.Tensor1D;
  readonly left: tf.Tensor1D;
  readonly height: tf.Tensor1D;
  readonly width: tf.Tensor1D;
}

/** Which boxes are asked for. */
export interface BoxChoice {
  /** Least and most area, as a share of the image. */
  readonly scale: readonly [number, number];
  /** Least and most width over height; even in its logarithm. */
  readonly ratio: readonly [number, number];
  /** Longest sides, in pixels. */
  readonly most: { readonly height: number; readonly width: number };
  /** What is taken, in the middle, where no try fits. */
  readonly otherwise: { readonly height: number; readonly width: number };
}

/**
 * Draws boxes as torchvision does: ten tries of an area and an aspect ratio,
 * the first that fits, at a place that is even in the room that it leaves.
 */
export function drawBoxes(
  random: Random,
  batch: number,
  [height, width]: readonly [number, number],
  { scale, ratio, most, otherwise }: BoxChoice,
): Boxes {
  const shape = [batch, TRIES];
  const area = random.uniform(shape, scale[0], scale[1]).mul(height * width);
  const aspect = tf.exp(
    random.uniform(shape, Math.log(ratio[0]), Math.log(ratio[1])),
  );
  const w = tf.round(tf.sqrt(tf.mul(area, aspect)));
  const h = tf.round(tf.sqrt(tf.div(area, aspect)));
  const fits = tf.logicalAnd(
    tf.logicalAnd(tf.lessEqual(w, most.width), tf.lessEqual(h, most.height)),
    tf.logicalAnd(tf.greater(w, 0), tf.greater(h, 0)),
  );
  // 1 for the first try that fits: earlier ones score higher.
  const score = tf.mul(tf.cast(fits, "float32"), tf.range(TRIES, 0, -1));
  const best = tf.max(score, 1, true);
  const first = tf.mul(
    tf.cast(tf.equal(score, best), "float32"),
    tf.cast(fits, "float32"),
  );
  const some = tf.max(first, 1);
  const pick = (tries: tf.Tensor, fallback: number): tf.Tensor1D =>
    tf.add(
      tf.sum(tf.mul(tries, first), 1),
      tf.mul(tf.sub(1, some), fallback),
    );
  const boxHeight = pick(h, otherwise.height);
  const boxWidth = pick(w, otherwise.width);
  const place = (free: tf.Tensor): tf.Tensor1D => {
    const drawn = tf.floor(tf.mul(random.uniform([batch]), tf.add(free, 1)));
    const middle = tf.floor(tf.div(free, 2));
    // Rounding of the product may reach the end of the range.
    const inside = tf.minimum(drawn, free);
    return tf.add(tf.mul(inside, some), tf.mul(middle, tf.sub(1, some)));
  };
  return {
    height: boxHeight,
    width: boxWidth,
    top: place(tf.sub(height, boxHeight)),
    left: place(tf.sub(width, boxWidth)),
  };
}
