/** @file Mirroring top and bottom. */
import * as tf from "@tensorflow/tfjs";
import { z } from "zod";
import {
  defineTransform,
  type TransformDefinition,
} from "../define_transform.ts";
import { mirrors } from "./flip.ts";
import { probability } from "./options.ts";

/** Turns some of the images upside down by mirroring them. */
export const verticalFlip: TransformDefinition = defineTransform({
  name: "vertical_flip",
  summary:
    "Top and bottom exchanged, for images without an upright: from above, from a microscope",
  evaluation: false,
  options: z.strictObject({ p: probability(0.5) }),
  shape: (shape) => shape,
  apply(images, { p }, random) {
    const [batch, , height] = images.shape;
    return tf.matMul(mirrors(random, batch, height, p), images) as tf.Tensor4D;
  },
});
