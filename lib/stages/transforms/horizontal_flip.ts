/** @file Mirroring left and right. */
import * as tf from "@tensorflow/tfjs";
import { z } from "zod";
import {
  defineTransform,
  type TransformDefinition,
} from "../define_transform.ts";
import { mirrors } from "./flip.ts";
import { probability } from "./options.ts";

/** Mirrors some of the images. */
export const horizontalFlip: TransformDefinition = defineTransform({
  name: "horizontal_flip",
  summary: "Left and right exchanged",
  evaluation: false,
  options: z.strictObject({ p: probability(0.5) }),
  shape: (shape) => shape,
  apply(images, { p }, random) {
    const [batch, , , width] = images.shape;
    return tf.matMul(images, mirrors(random, batch, width, p)) as tf.Tensor4D;
  },
});
