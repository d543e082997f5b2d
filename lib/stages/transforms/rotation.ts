/** @file Turning by a random angle. */
import * as tf from "@tensorflow/tfjs";
import { z } from "zod";
import type { AffineMap } from "../../ops/warp.ts";
import { warp } from "../../ops/warp.ts";
import {
  defineTransform,
  type TransformDefinition,
} from "../define_transform.ts";
import { chosen, fill, probability, sampling } from "./options.ts";

/**
 * Turns about the middle of an image, counter-clockwise.
 *
 * @param angle In radians, `[batch]`.
 */
export function turned(
  angle: tf.Tensor1D,
  height: number,
  width: number,
): AffineMap {
  const [cos, sin] = [tf.cos(angle), tf.sin(angle)];
  const [x, y] = [(width - 1) / 2, (height - 1) / 2];
  return {
    xx: cos,
    xy: tf.neg(sin),
    x0: tf.add(tf.sub(x, tf.mul(cos, x)), tf.mul(sin, y)),
    yx: sin,
    yy: cos,
    y0: tf.sub(tf.sub(y, tf.mul(sin, x)), tf.mul(cos, y)),
  };
}

/** A random turn. */
export const rotation: TransformDefinition = defineTransform({
  name: "rotation",
  summary:
    "A turn about the middle, by an angle that is uniform in ± `degrees`",
  evaluation: false,
  options: z.strictObject({
    degrees: z.number().min(0).max(180).default(30).describe(
      "Largest angle, to either side",
    ),
    interpolation: sampling("bilinear"),
    fill,
    p: probability(1),
  }),
  shape: (shape) => shape,
  apply(images, { degrees, interpolation, fill, p }, random) {
    const [batch, , height, width] = images.shape;
    const most = degrees * Math.PI / 180;
    const angle = tf.mul(
      chosen(random, batch, p),
      random.uniform([batch], -most, most),
    ) as tf.Tensor1D;
    return warp(images, turned(angle, height, width), interpolation, fill);
  },
});
