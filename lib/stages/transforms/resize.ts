/** @file Resizing without randomness. */
import * as tf from "@tensorflow/tfjs";
import { z } from "zod";
import { resample, resampleMatrix } from "../../ops/resample.ts";
import { choice } from "../choice.ts";
import {
  defineTransform,
  type TransformDefinition,
} from "../define_transform.ts";
import { side } from "./options.ts";

/** The image, or its middle, resized to a square; evaluation applies it too. */
export const resize: TransformDefinition = defineTransform({
  name: "resize",
  summary: "The image resized to a square with antialiasing",
  evaluation: true,
  options: z.strictObject({
    size: side.describe("Side of the result in pixels"),
    fit: choice({
      stretch: "all of the image, each side scaled by itself",
      cover: "its largest centred square",
    }).default("stretch").describe("What becomes the result"),
  }),
  shape: ([channels], { size }) => [channels, size, size],
  apply(images, { size, fit }) {
    const [, , height, width] = images.shape;
    if (height === size && width === size) return images;
    const axis = (from: number): tf.Tensor3D => {
      const length = fit === "cover" ? Math.min(height, width) : from;
      const start = Math.floor((from - length) / 2);
      const [first, count] = [tf.tensor1d([start]), tf.tensor1d([length])];
      return resampleMatrix(first, count, from, size);
    };
    return resample(images, axis(height), axis(width));
  },
});
