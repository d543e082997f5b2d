/** @file Keeps rows from where all rows have lain (TiCo). */
import * as tf from "@tensorflow/tfjs";
import { z } from "zod";
import { movingMoment } from "../../layers/moving_moment.ts";
import { l2Normalize } from "../../ops/normalize.ts";
import { defineStage, ShapeError, type StageDefinition } from "../define.ts";
import { LOSS } from "../define_loss.ts";

/**
 * `mean over rows of zᵀ C z`, where C is a moving mean of `zᵀz / batch` over
 * the steps, this one's among them, through which no gradient flows; rows are
 * scaled to length 1.
 */
export const covarianceContrast: StageDefinition = defineStage({
  key: LOSS,
  name: "covariance_contrast",
  summary:
    "Squared length of each row along the directions that all rows had, a moving mean over the steps",
  reference: "Zhu et al. 2022, https://arxiv.org/abs/2206.10698, algorithm 1",
  objective: true,
  spreads: "both",
  options: z.strictObject({
    momentum: z.number().min(0).lt(1).default(0.9).describe(
      "Share of the old covariance that is kept (beta)",
    ),
  }),
  inputs: {
    of: {
      is: ["embedding"],
      gradient: true,
      verb: "spread",
      summary: "Embeddings, of any number of views",
    },
  },
  build(scope, { of = [] }, { momentum }) {
    const [features = 0] = of[0]?.shape ?? [];
    if (of.some(({ shape }) => shape[0] !== features)) {
      throw new ShapeError("all views need the same number of features");
    }
    const covariance = movingMoment(scope, "covariance", {
      features,
      momentum,
    });
    return {
      outputs: {},
      apply({ of: views = [] }, run) {
        const all = l2Normalize(tf.concat([...views], 0) as tf.Tensor2D);
        const along = tf.mul(tf.matMul(all, covariance.add(all, run)), all);
        return { loss: [tf.mean(tf.sum(along, 1))] };
      },
    };
  },
});
