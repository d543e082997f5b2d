/** @file Mean and standard deviation of each channel. */
import * as tf from "@tensorflow/tfjs";
import { z } from "zod";
import { ShapeError } from "../define.ts";
import {
  defineTransform,
  type TransformDefinition,
} from "../define_transform.ts";

const IMAGENET_MEAN = [0.485, 0.456, 0.406];
const IMAGENET_STD = [0.229, 0.224, 0.225];

/** `(x - mean) / std`; evaluation applies it too. */
export const normalize: TransformDefinition = defineTransform({
  name: "normalize",
  summary: "Mean subtracted and standard deviation divided, for each channel",
  evaluation: true,
  options: z.strictObject({
    mean: z.array(z.number()).min(1).max(256).default(IMAGENET_MEAN).describe(
      "Mean of each channel, for values in 0..1; ImageNet's by default",
    ),
    std: z.array(z.number().positive()).min(1).max(256).default(IMAGENET_STD)
      .describe("Standard deviation of each channel; ImageNet's by default"),
  }),
  shape(shape, { mean, std }) {
    for (const [name, values] of [["mean", mean], ["std", std]] as const) {
      if (values.length !== 1 && values.length !== shape[0]) {
        throw new ShapeError(
          `expected 1 or ${shape[0]} values in "${name}", got ${values.length}`,
        );
      }
    }
    return shape;
  },
  apply(images, { mean, std }) {
    const channelwise = (values: number[]): tf.Tensor =>
      tf.tensor(values, [1, values.length, 1, 1]);
    const scale = std.map((value) => 1 / value);
    return tf.mul(
      tf.sub(images, channelwise(mean)),
      channelwise(scale),
    ) as tf.Tensor4D;
  },
});
