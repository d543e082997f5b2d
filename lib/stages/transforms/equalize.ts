/** @file Values spread evenly. */
import * as tf from "@tensorflow/tfjs";
import { z } from "zod";
import { gatherRows } from "../../ops/gather_rows.ts";
import { histogram } from "../../ops/histogram.ts";
import {
  defineTransform,
  type TransformDefinition,
} from "../define_transform.ts";
import { chosen, probability, selected } from "./options.ts";

/** Values of a byte. */
const BINS = 256;

/** `floor(a / b)` of whole numbers below 2^24. */
const quotient = (a: tf.Tensor, b: tf.Tensor | number): tf.Tensor =>
  tf.floor(tf.div(a, b));

/**
 * Each channel by the distribution of its own values, as PIL's and
 * torchvision's `equalize`: of values as bytes, `floor(255.999 x)`, a value
 * becomes `floor((pixels below it + step / 2) / step)`, where `step` is a 255th
 * of the pixels that have not the largest value. Where that is less than one
 * pixel the channel stays, as bytes.
 *
 * @param images `[batch, channels, height, width]` in 0..1
 */
export function equalized(images: tf.Tensor4D): tf.Tensor4D {
  const [batch, channels, height, width] = images.shape;
  const [rows, pixels] = [batch * channels, height * width];
  const bytes = tf.clipByValue(
    tf.floor(tf.mul(tf.reshape(images, [rows, pixels]), 255.999)),
    0,
    BINS - 1,
  );
  const whole = tf.cast(bytes, "int32") as tf.Tensor2D;
  const counts = histogram(whole, BINS);
  const most = tf.sum(
    tf.cast(tf.equal(bytes, tf.max(bytes, 1, true)), "float32"),
    1,
    true,
  );
  const step = quotient(tf.sub(pixels, most), BINS - 1);
  const below = tf.cumsum(counts, 1, true);
  const table = tf.minimum(
    quotient(tf.add(below, quotient(step, 2)), tf.maximum(step, 1)),
    BINS - 1,
  );
  const same = tf.reshape(tf.range(0, BINS), [1, BINS]);
  const tables = tf.where(
    tf.greater(tf.add(step, tf.zerosLike(below)), 0),
    table,
    tf.add(same, tf.zerosLike(below)),
  );
  // Whole numbers: of many rows float32 could not tell two places apart.
  const places = tf.add(
    whole,
    tf.reshape(tf.range(0, rows * BINS, BINS, "int32"), [rows, 1]),
  );
  const looked = gatherRows(
    tf.reshape(tables, [-1, 1]) as tf.Tensor2D,
    tf.reshape(places, [-1]) as tf.Tensor1D,
  );
  return tf.reshape(tf.div(looked, BINS - 1), images.shape);
}

/** Equalizes some of the images. */
export const equalize: TransformDefinition = defineTransform({
  name: "equalize",
  summary: "The values of each channel spread evenly (its histogram equalized)",
  reference: "https://github.com/vturrisi/solo-learn, Equalization",
  evaluation: false,
  options: z.strictObject({ p: probability(0.5) }),
  shape: (shape) => shape,
  apply(images, { p }, random) {
    const applies = chosen(random, images.shape[0], p);
    return selected(applies, equalized(images), images);
  },
});
