/** @file A box of the image hidden. */
import * as tf from "@tensorflow/tfjs";
import { z } from "zod";
import {
  defineTransform,
  type TransformDefinition,
} from "../define_transform.ts";
import { type Boxes, drawBoxes, range } from "./box.ts";
import { chosen, probability, spreadOver } from "./options.ts";

/** 1 for the places from `start`, `length` of them, `[batch, side]`. */
function inside(
  start: tf.Tensor1D,
  length: tf.Tensor1D,
  side: number,
): tf.Tensor {
  const places = tf.reshape(tf.range(0, side), [1, side]);
  const from = spreadOver(start, 2);
  return tf.cast(
    tf.logicalAnd(
      tf.greaterEqual(places, from),
      tf.less(places, tf.add(from, spreadOver(length, 2))),
    ),
    "float32",
  );
}

/** 1 where a pixel is in the box of its sample, `[batch, 1, height, width]`. */
export function boxMask(
  { top, left, height, width }: Boxes,
  [rows, columns]: readonly [number, number],
): tf.Tensor4D {
  const batch = top.shape[0];
  return tf.mul(
    tf.reshape(inside(top, height, rows), [batch, 1, rows, 1]),
    tf.reshape(inside(left, width, columns), [batch, 1, 1, columns]),
  ) as tf.Tensor4D;
}

/** Hides a random box of some of the images. */
export const randomErasing: TransformDefinition = defineTransform({
  name: "random_erasing",
  summary:
    "A box of random place, area and aspect ratio is hidden; best after a `normalize`, whose mean is then 0",
  reference: "Zhong et al. 2017, https://arxiv.org/abs/1708.04896, section 3",
  evaluation: false,
  options: z.strictObject({
    scale: range(0.02, 0.33, 1).describe(
      "Least and most area, as a share of the image",
    ),
    ratio: range(0.3, 3.3).describe("Least and most height over width"),
    value: z.union([z.number(), z.literal("random")]).default(0).describe(
      "What the box is filled with: a number, or `random` for a standard normal in each pixel",
    ),
    p: probability(0.5),
  }),
  shape: (shape) => shape,
  apply(images, { scale, ratio: [low, high], value, p }, random) {
    const [batch, , height, width] = images.shape;
    const applies = spreadOver(chosen(random, batch, p), 4);
    const boxes = drawBoxes(random, batch, [height, width], {
      scale,
      // torchvision's ratio is height over width here, other than of a crop.
      ratio: [1 / high, 1 / low],
      most: { height: height - 1, width: width - 1 },
      otherwise: { height: 0, width: 0 },
    });
    const hidden = tf.mul(applies, boxMask(boxes, [height, width]));
    const within = value === "random" ? random.normal(images.shape) : value;
    return tf.add(
      tf.mul(images, tf.sub(1, hidden)),
      tf.mul(hidden, within),
    ) as tf.Tensor4D;
  },
});
