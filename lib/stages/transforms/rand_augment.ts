/** @file RandAugment: operations by chance, all of one strength. */
import * as tf from "@tensorflow/tfjs";
import { z } from "zod";
import type { Random } from "../../ops/random.ts";
import { type AffineMap, type Sampling, warp } from "../../ops/warp.ts";
import {
  defineTransform,
  type TransformDefinition,
} from "../define_transform.ts";
import { stretched } from "./auto_contrast.ts";
import { jitterChannels, jitterColors } from "./color_jitter.ts";
import { equalized } from "./equalize.ts";
import { fill, sampling, selected } from "./options.ts";
import { posterized } from "./posterize.ts";
import { turned } from "./rotation.ts";
import { sharpened } from "./sharpness.ts";

/** Operations, in torchvision's order. */
export const OPERATIONS = [
  "identity",
  "shear_x",
  "shear_y",
  "translate_x",
  "translate_y",
  "rotate",
  "brightness",
  "color",
  "contrast",
  "sharpness",
  "posterize",
  "solarize",
  "auto_contrast",
  "equalize",
] as const;

type Operation = typeof OPERATIONS[number];

/** Steps of the magnitude: 30 is the strongest. */
const MOST = 30;

/** What is drawn for one operation of each sample. */
interface Drawn {
  /** 1 for the samples whose operation it is, `[batch]`. */
  is(operation: Operation): tf.Tensor1D;
  /** 1 or -1, `[batch]`. */
  readonly sign: tf.Tensor1D;
}

/** Draws an operation, all alike, and the side that it goes to. */
export function drawOperations(random: Random, batch: number): Drawn {
  const kinds = tf.floor(
    tf.mul(random.uniform([batch]), OPERATIONS.length),
  );
  const positive = tf.cast(tf.greater(random.uniform([batch]), 0.5), "float32");
  return {
    is: (operation) =>
      tf.cast(
        tf.equal(kinds, OPERATIONS.indexOf(operation)),
        "float32",
      ) as tf.Tensor1D,
    sign: tf.sub(tf.mul(positive, 2), 1),
  };
}

/** Shears, moves and turns as one map; the identity for the other samples. */
function mapOf(
  { is, sign }: Drawn,
  share: number,
  height: number,
  width: number,
): AffineMap {
  const signed = (operation: Operation, strength: number): tf.Tensor1D =>
    tf.mul(tf.mul(is(operation), sign), strength);
  const [x, y] = [0.3 * share, 0.3 * share];
  const move = (side: number): number => Math.trunc(150 / 331 * side * share);
  const turn = turned(
    signed("rotate", 30 * share * Math.PI / 180),
    height,
    width,
  );
  // A sample has one of them, so that their changes add up.
  const shearX = signed("shear_x", x);
  const shearY = signed("shear_y", y);
  return {
    ...turn,
    xy: tf.add(turn.xy, shearX),
    // From the corner, half a pixel before the middle of the first one.
    x0: tf.add(
      turn.x0,
      tf.sub(tf.div(shearX, 2), signed("translate_x", move(width))),
    ),
    yx: tf.add(turn.yx, shearY),
    y0: tf.add(
      turn.y0,
      tf.sub(tf.div(shearY, 2), signed("translate_y", move(height))),
    ),
  };
}

/** One operation for each sample. */
function operate(
  images: tf.Tensor4D,
  drawn: Drawn,
  share: number,
  interpolation: Sampling,
  outside: number,
): tf.Tensor4D {
  const [, channels, height, width] = images.shape;
  const { is, sign } = drawn;
  const choose = (
    operation: Operation,
    made: tf.Tensor,
    other: tf.Tensor4D,
  ): tf.Tensor4D => selected(is(operation), made, other);
  const factor = (operation: Operation): tf.Tensor1D =>
    tf.add(1, tf.mul(tf.mul(is(operation), sign), 0.9 * share));
  const moved = warp(
    images,
    mapOf(drawn, share, height, width),
    interpolation,
    outside,
  );
  const light = {
    brightness: factor("brightness"),
    saturation: factor("color"),
    contrast: factor("contrast"),
  };
  const coloured = channels === 3
    ? jitterColors(moved, { ...light, hue: tf.zerosLike(sign) })
    : jitterChannels(moved, light);
  const sharp = sharpened(coloured, factor("sharpness"));
  const levels = 2 ** Math.round(8 - 4 * share);
  const cut = choose(
    "posterize",
    posterized(sharp, tf.scalar(levels)),
    sharp,
  );
  const limit = tf.scalar(1 - share);
  const inverted = choose(
    "solarize",
    tf.where(tf.greaterEqual(cut, limit), tf.sub(1, cut), cut),
    cut,
  );
  const stretch = choose("auto_contrast", stretched(inverted), inverted);
  return choose("equalize", equalized(stretch), stretch);
}

/** Some operations of chance, one after another. */
export const randAugment: TransformDefinition = defineTransform({
  name: "rand_augment",
  summary:
    "For each image some of 14 operations, drawn alike: shears, moves, a turn, light, colour, contrast, sharpness, posterize, solarize, auto-contrast, equalize, none",
  reference: "Cubuk et al. 2019, https://arxiv.org/abs/1909.13719, section 3",
  evaluation: false,
  options: z.strictObject({
    operations: z.int().min(1).max(8).default(2).describe(
      "Operations one after another (the paper's N)",
    ),
    magnitude: z.number().min(0).max(MOST).default(9).describe(
      "Strength of all of them, 0..30 (the paper's M); what 30 stands for is torchvision's",
    ),
    interpolation: sampling("nearest"),
    fill,
  }),
  shape: (shape) => shape,
  apply(images, { operations, magnitude, interpolation, fill }, random) {
    const share = magnitude / MOST;
    let value = images;
    for (let i = 0; i < operations; i++) {
      const drawn = drawOperations(random, images.shape[0]);
      value = operate(value, drawn, share, interpolation, fill);
    }
    return value;
  },
});
