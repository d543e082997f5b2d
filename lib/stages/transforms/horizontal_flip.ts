/** @file Mirroring left and right. */
import * as tf from "@tensorflow/tfjs";
import { z } from "zod";
import {
  defineTransform,
  type TransformDefinition,
} from "../define_transform.ts";
import { chosen, probability, spreadOver } from "./options.ts";

/** Mirrors some of the images. */
export const horizontalFlip: TransformDefinition = defineTransform({
  name: "horizontal_flip",
  summary: "Left and right exchanged",
  evaluation: false,
  options: z.strictObject({ p: probability(0.5) }),
  shape: (shape) => shape,
  apply(images, { p }, random) {
    const flipped = spreadOver(chosen(random, images.shape[0], p), 3);
    const side = images.shape[3];
    const same = tf.eye(side);
    // A product with a permutation: cheaper than reversing and selecting.
    const columns = tf.add(
      tf.mul(tf.reverse(same, 0), flipped),
      tf.mul(same, tf.sub(1, flipped)),
    );
    return tf.matMul(images, tf.expandDims(columns, 1)) as tf.Tensor4D;
  },
});
