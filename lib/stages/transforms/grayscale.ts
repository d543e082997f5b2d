/** @file Colour taken away. */
import * as tf from "@tensorflow/tfjs";
import { z } from "zod";
import {
  defineTransform,
  type TransformDefinition,
} from "../define_transform.ts";
import {
  chosen,
  expectColor,
  LUMA,
  probability,
  spreadOver,
} from "./options.ts";

/** Replaces some images by their luma in all three channels. */
export const grayscale: TransformDefinition = defineTransform({
  name: "grayscale",
  summary: "Colours replaced by their luma (ITU-R BT.601)",
  evaluation: false,
  options: z.strictObject({ p: probability(0.2) }),
  shape: expectColor,
  apply(images, { p }, random) {
    const [batch, channels, height, width] = images.shape;
    const gray = spreadOver(chosen(random, batch, p), 3);
    const luma = tf.tensor2d([[...LUMA], [...LUMA], [...LUMA]]);
    const matrix = tf.add(
      tf.mul(gray, luma),
      tf.mul(tf.sub(1, gray), tf.eye(3)),
    ) as tf.Tensor3D;
    const flat = tf.reshape(images, [batch, channels, height * width]);
    return tf.reshape(tf.matMul(matrix, flat as tf.Tensor3D), images.shape);
  },
});
