/** @file Negative cosine similarity (SimSiam). */
import * as tf from "@tensorflow/tfjs";
import { z } from "zod";
import { l2Normalize } from "../../ops/normalize.ts";
import type { StageDefinition } from "../define.ts";
import { defineLoss } from "../define_loss.ts";

/** `-mean(cos(a, b))`, in -1..1. */
export const cosine: StageDefinition = defineLoss({
  name: "cosine",
  summary: "Negative cosine similarity, -1 where all pairs agree",
  reference: "Chen and He 2020, https://arxiv.org/abs/2011.10566, equation 1",
  negatives: "none",
  attracts: true,
  perImage: true,
  options: z.strictObject({}),
  landmarks: () => ({ floor: -1 }),
  apply(a, b) {
    const similarity = tf.sum(tf.mul(l2Normalize(a), l2Normalize(b)), 1);
    return tf.neg(tf.mean(similarity));
  },
});
