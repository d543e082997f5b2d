/** @file Random resized crop. */
import * as tf from "@tensorflow/tfjs";
import { z } from "zod";
import type { Random } from "../../ops/random.ts";
import { resample, resampleMatrix } from "../../ops/resample.ts";
import {
  defineTransform,
  type TransformDefinition,
} from "../define_transform.ts";

/** Tries before the centre is taken, as torchvision. */
const TRIES = 10;

const range = (low: number, high: number, most = Number.POSITIVE_INFINITY) =>
  z.tuple([z.number(), z.number()]).default([low, high]).refine(
    ([from, to]) => from > 0 && from <= to && to <= most,
    `expected [least, most] with 0 < least <= most${
      Number.isFinite(most) ? ` <= ${most}` : ""
    }`,
  );

/** Crops of a batch, in whole pixels, each `[batch]`. */
interface Crops {
  readonly top: tf.Tensor1D;
  readonly left: tf.Tensor1D;
  readonly height: tf.Tensor1D;
  readonly width: tf.Tensor1D;
}

/**
 * Draws crops as torchvision's `RandomResizedCrop`: ten tries of an area and a
 * log-uniform aspect ratio, the first that fits, else the largest centred
 * crop whose ratio is in range.
 */
export function drawCrops(
  random: Random,
  batch: number,
  [height, width]: readonly [number, number],
  scale: readonly [number, number],
  ratio: readonly [number, number],
): Crops {
  const shape = [batch, TRIES];
  const area = random.uniform(shape, scale[0], scale[1]).mul(height * width);
  const aspect = tf.exp(
    random.uniform(shape, Math.log(ratio[0]), Math.log(ratio[1])),
  );
  const w = tf.round(tf.sqrt(tf.mul(area, aspect)));
  const h = tf.round(tf.sqrt(tf.div(area, aspect)));
  const fits = tf.logicalAnd(
    tf.logicalAnd(tf.lessEqual(w, width), tf.lessEqual(h, height)),
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
  const central = centralCrop(height, width, ratio);
  const pick = (tries: tf.Tensor, fallback: number): tf.Tensor1D =>
    tf.add(
      tf.sum(tf.mul(tries, first), 1),
      tf.mul(tf.sub(1, some), fallback),
    );
  const cropHeight = pick(h, central.height);
  const cropWidth = pick(w, central.width);
  const place = (free: tf.Tensor): tf.Tensor1D => {
    const drawn = tf.floor(tf.mul(random.uniform([batch]), tf.add(free, 1)));
    const middle = tf.floor(tf.div(free, 2));
    // Rounding of the product may reach the end of the range.
    const inside = tf.minimum(drawn, free);
    return tf.add(tf.mul(inside, some), tf.mul(middle, tf.sub(1, some)));
  };
  return {
    height: cropHeight,
    width: cropWidth,
    top: place(tf.sub(height, cropHeight)),
    left: place(tf.sub(width, cropWidth)),
  };
}

function centralCrop(
  height: number,
  width: number,
  [least, most]: readonly [number, number],
): { readonly height: number; readonly width: number } {
  const ratio = width / height;
  if (ratio < least) return { width, height: Math.round(width / least) };
  if (ratio > most) return { height, width: Math.round(height * most) };
  return { height, width };
}

/** A random part of the image, resized to a square. */
export const randomResizedCrop: TransformDefinition = defineTransform({
  name: "random_resized_crop",
  summary:
    "A part of random place, area and aspect ratio, resized to a square with antialiasing",
  reference: "Szegedy et al. 2014, https://arxiv.org/abs/1409.4842, section 6",
  evaluation: false,
  options: z.strictObject({
    size: z.int().min(1).max(4096).optional().describe(
      "Side of the result in pixels; the image's own height when absent",
    ),
    scale: range(0.08, 1, 1).describe(
      "Least and most area, as a share of the image",
    ),
    ratio: range(3 / 4, 4 / 3).describe("Least and most width over height"),
    interpolation: z.enum(["bilinear", "bicubic"]).default("bilinear")
      .describe("Kernel of the resize"),
  }),
  shape: ([channels, height], { size = height }) => [channels, size, size],
  apply(images, options, random) {
    const [batch, , height, width] = images.shape;
    const { size = height, scale, ratio, interpolation } = options;
    const crop = drawCrops(random, batch, [height, width], scale, ratio);
    return resample(
      images,
      resampleMatrix(crop.top, crop.height, height, size, interpolation),
      resampleMatrix(crop.left, crop.width, width, size, interpolation),
    );
  },
});
