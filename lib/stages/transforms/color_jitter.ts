/** @file Random brightness, contrast, saturation and hue. */
import * as tf from "@tensorflow/tfjs";
import { z } from "zod";
import {
  defineTransform,
  type TransformDefinition,
} from "../define_transform.ts";
import { ShapeError } from "../define.ts";
import { chosen, LUMA, probability, spreadOver } from "./options.ts";

/** Random factors of a batch, each `[batch]`; hue in turns. */
export interface Jitter {
  readonly brightness: tf.Tensor1D;
  readonly contrast: tf.Tensor1D;
  readonly saturation: tf.Tensor1D;
  readonly hue: tf.Tensor1D;
}

const strength = (what: string) =>
  z.number().min(0).max(1).default(0).describe(
    `The ${what} factor is uniform in 1 ± this`,
  );

// Chroma axes of YIQ (ITU-R BT.601 luma; Foley et al., Computer Graphics).
const I = [0.5959, -0.2746, -0.3213];
const Q = [0.2115, -0.5227, 0.3112];

/** Inverse of a 3x3 matrix given by rows. */
function inverse(m: readonly (readonly number[])[]): number[][] {
  const at = (r: number, c: number): number => m[r % 3]?.[c % 3] ?? 0;
  const cofactor = (r: number, c: number): number =>
    at(r + 1, c + 1) * at(r + 2, c + 2) - at(r + 1, c + 2) * at(r + 2, c + 1);
  const determinant = [0, 1, 2].reduce(
    (sum, c) => sum + at(0, c) * cofactor(0, c),
    0,
  );
  return [0, 1, 2].map((r) =>
    [0, 1, 2].map((c) => cofactor(c, r) / determinant)
  );
}

/** Column `c` of a matrix times row `r` of another, as a 3x3 matrix. */
const outer = (column: readonly number[], row: readonly number[]): number[][] =>
  column.map((a) => row.map((b) => a * b));

const FROM_YIQ = inverse([[...LUMA], I, Q]);
const axis = (k: number): number[] => FROM_YIQ.map((row) => row[k] as number);
const GRAY = outer(axis(0), LUMA);
// Chroma kept, and chroma turned by a quarter.
const KEEP = outer(axis(1), I).map((row, r) =>
  row.map((value, c) => value + (outer(axis(2), Q)[r]?.[c] ?? 0))
);
const TURN = outer(axis(2), I).map((row, r) =>
  row.map((value, c) => value - (outer(axis(1), Q)[r]?.[c] ?? 0))
);

/**
 * Applies given factors: one 3x3 matrix and one offset an image.
 *
 * With luma `Y` and chroma `(I, Q)`, brightness `b`, contrast `c`, saturation
 * `s` and hue `h`: `Y' = b (c Y + (1 - c) mean(Y))`, and the chroma is scaled
 * by `b c s` and turned by `2π h`. In this linear form the four operations
 * commute, so a random order, which torchvision draws, changes nothing. It
 * differs from torchvision's `ColorJitter` in two points: values are clamped
 * once, at the end, and the hue turns in the YIQ plane (as NVIDIA DALI's
 * `Hue`) and not in HSV, which takes about seven times as long.
 */
export function jitterColors(
  images: tf.Tensor4D,
  { brightness, contrast, saturation, hue }: Jitter,
): tf.Tensor4D {
  const [batch, channels, height, width] = images.shape;
  const matrix = (rows: number[][]): tf.Tensor => tf.tensor2d(rows);
  const scale = tf.mul(brightness, contrast);
  const chroma = tf.mul(scale, saturation);
  const angle = tf.mul(hue, 2 * Math.PI);
  const part = (factor: tf.Tensor, rows: number[][]): tf.Tensor =>
    tf.mul(spreadOver(factor as tf.Tensor1D, 3), matrix(rows));
  const transform = tf.addN([
    part(scale, GRAY),
    part(tf.mul(chroma, tf.cos(angle)), KEEP),
    part(tf.mul(chroma, tf.sin(angle)), TURN),
  ]);
  const means = tf.mean(images, [2, 3]) as tf.Tensor2D;
  const luma = tf.sum(tf.mul(means, tf.tensor1d([...LUMA])), 1);
  const offset = tf.mul(tf.mul(brightness, tf.sub(1, contrast)), luma);
  const flat = tf.reshape(images, [batch, channels, height * width]);
  const moved = tf.add(
    tf.matMul(transform as tf.Tensor3D, flat as tf.Tensor3D),
    spreadOver(offset as tf.Tensor1D, 3),
  );
  return tf.reshape(tf.clipByValue(moved, 0, 1), images.shape);
}

/** Colours without a hue: of channels that are not three, whose gray is their mean. */
export type Light = Omit<Jitter, "hue">;

/** The same of channels that are not three: they have no hue. */
export function jitterChannels(
  images: tf.Tensor4D,
  { brightness, contrast, saturation }: Light,
): tf.Tensor4D {
  const scale = tf.mul(brightness, contrast);
  const gray = tf.mean(images, 1, true);
  const mean = tf.mean(gray, [2, 3], true);
  const part = (of: tf.Tensor, factor: tf.Tensor): tf.Tensor =>
    tf.mul(of, spreadOver(factor as tf.Tensor1D, 4));
  const moved = tf.add(
    part(images, tf.mul(scale, saturation)),
    tf.add(
      part(gray, tf.mul(scale, tf.sub(1, saturation))),
      part(mean, tf.mul(brightness, tf.sub(1, contrast))),
    ),
  );
  return tf.clipByValue(moved, 0, 1) as tf.Tensor4D;
}

/** Random colours. */
export const colorJitter: TransformDefinition = defineTransform({
  name: "color_jitter",
  summary:
    "Random brightness, contrast, saturation and hue; channels that are not three have no hue, and their gray is their mean",
  reference: "Howard 2013, https://arxiv.org/abs/1312.5402, section 2",
  evaluation: false,
  options: z.strictObject({
    brightness: strength("brightness"),
    contrast: strength("contrast"),
    saturation: strength("saturation"),
    hue: z.number().min(0).max(0.5).default(0).describe(
      "The hue shift is uniform in ± this, in turns of the colour circle",
    ),
    p: probability(0.8),
  }),
  idle: ({ brightness, contrast, saturation, hue }) =>
    brightness + contrast + saturation + hue > 0
      ? undefined
      : "all its strengths are 0; SimSiam has { brightness: 0.4, contrast: 0.4, saturation: 0.4, hue: 0.1 }",
  shape(shape, { hue }) {
    if (hue !== 0 && shape[0] !== 3) {
      throw new ShapeError(
        `expected 3 colour channels to turn their hue, got ${
          shape[0]
        }; set "hue" to 0`,
      );
    }
    return shape;
  },
  apply(images, options, random) {
    const [batch, channels] = images.shape;
    const applies = chosen(random, batch, options.p);
    // A shift of 0 where the transform does not apply.
    const shift = (reach: number): tf.Tensor1D =>
      tf.mul(random.uniform([batch], -reach, reach), applies);
    const factor = (reach: number): tf.Tensor1D => tf.add(1, shift(reach));
    const light = {
      brightness: factor(options.brightness),
      contrast: factor(options.contrast),
      saturation: factor(options.saturation),
    };
    if (channels !== 3) return jitterChannels(images, light);
    return jitterColors(images, { ...light, hue: shift(options.hue) });
  },
});
