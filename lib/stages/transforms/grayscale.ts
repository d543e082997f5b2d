/** @file Colour taken away. */
import * as tf from "@tensorflow/tfjs";
import { z } from "zod";
import {
  defineTransform,
  type TransformDefinition,
} from "../define_transform.ts";
import { chosen, grayWeights, probability, spreadOver } from "./options.ts";

/** Replaces some images by their light, in every channel. */
export const grayscale: TransformDefinition = defineTransform({
  name: "grayscale",
  summary:
    "Colours replaced by their luma (ITU-R BT.601); channels that are not three by their mean",
  evaluation: false,
  options: z.strictObject({ p: probability(0.2) }),
  shape: (shape) => shape,
  apply(images, { p }, random) {
    const [batch, channels, height, width] = images.shape;
    const gray = spreadOver(chosen(random, batch, p), 3);
    const weights = grayWeights(channels);
    const light = tf.tensor2d(weights.map(() => weights));
    const matrix = tf.add(
      tf.mul(gray, light),
      tf.mul(tf.sub(1, gray), tf.eye(channels)),
    ) as tf.Tensor3D;
    const flat = tf.reshape(images, [batch, channels, height * width]);
    return tf.reshape(tf.matMul(matrix, flat as tf.Tensor3D), images.shape);
  },
});
