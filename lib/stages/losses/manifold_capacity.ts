/** @file Spread of the images' centroids (MMCR). */
import * as tf from "@tensorflow/tfjs";
import { z } from "zod";
import { meanOf } from "../../ops/mean_of.ts";
import { l2Normalize } from "../../ops/normalize.ts";
import { nuclearNorm } from "../../ops/nuclear_norm.ts";
import { defineStage, ShapeError, type StageDefinition } from "../define.ts";
import { LOSS } from "../define_loss.ts";

/**
 * Minus the nuclear norm of the matrix of centroids, a row an image: the mean
 * of its views, each scaled to length 1. Views that agree make centroids long,
 * images that differ make them point everywhere; both make the norm larger.
 */
export const manifoldCapacity: StageDefinition = defineStage({
  key: LOSS,
  name: "manifold_capacity",
  summary:
    "Minus the nuclear norm of the images' centroids: long where views agree, of full rank where images differ",
  reference:
    "Yerxa et al. 2023, https://arxiv.org/abs/2303.03307, equation 3, without the term that its authors set to 0",
  objective: true,
  options: z.strictObject({}),
  inputs: {
    of: {
      is: ["embedding"],
      gradient: true,
      verb: "spread",
      summary: "Embeddings of two or more views",
    },
  },
  build(_scope, { of = [] }) {
    if (of.length < 2) {
      throw new ShapeError("one view has no others; make more (`count: 2`)");
    }
    if (new Set(of.map(({ shape }) => `${shape}`)).size > 1) {
      throw new ShapeError("all views need the same number of features");
    }
    return {
      outputs: {},
      apply({ of: views = [] }) {
        const units = views.map((x) => l2Normalize(x as tf.Tensor2D));
        const centroids = meanOf(units);
        return { loss: [tf.neg(nuclearNorm(centroids))] };
      },
    };
  },
});
