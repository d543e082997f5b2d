/** @file Resizing without randomness. */
import * as tf from "@tensorflow/tfjs";
import { z } from "zod";
import { resample, resampleMatrix } from "../../ops/resample.ts";
import {
  defineTransform,
  type TransformDefinition,
} from "../define_transform.ts";

/** The whole image, resized to a square; evaluation applies it too. */
export const resize: TransformDefinition = defineTransform({
  name: "resize",
  summary: "The whole image resized to a square with antialiasing",
  evaluation: true,
  options: z.strictObject({
    size: z.int().min(1).max(4096).describe("Side of the result in pixels"),
  }),
  shape: ([channels], { size }) => [channels, size, size],
  apply(images, { size }) {
    const [, , height, width] = images.shape;
    if (height === size && width === size) return images;
    const whole = (from: number): tf.Tensor3D =>
      resampleMatrix(tf.tensor1d([0]), tf.tensor1d([from]), from, size);
    return resample(images, whole(height), whole(width));
  },
});
