/** @file DirectPred: a predictor that is computed, not trained. */
import * as tf from "@tensorflow/tfjs";
import { z } from "zod";
import { movingMoment } from "../../layers/moving_moment.ts";
import { eigenvectors } from "../../ops/eigenvalues.ts";
import {
  defineStage,
  OUTPUT,
  ShapeError,
  type StageDefinition,
} from "../define.ts";
import { ROLES } from "../define_module.ts";

/**
 * The matrix `U diag(p) Uᵀ` of the eigenvectors of a moving mean `F` of
 * `zᵀz / batch`, with `p = sqrt(s) + epsilon max(s)`, `s` the eigenvalues over
 * their largest. It follows from what the stage reads and gets no gradient;
 * gradients flow through the product with it.
 */
export const direct: StageDefinition = defineStage({
  key: ROLES.predict,
  name: "direct",
  summary:
    "Linear predictor set from the spectrum of what it reads, without training",
  reference: "Tian et al. 2021, https://arxiv.org/abs/2102.06810, section 4",
  options: z.strictObject({
    momentum: z.number().min(0).lt(1).default(0.3).describe(
      "Share of the old correlation that is kept (rho)",
    ),
    epsilon: z.number().min(0).max(1).default(0.1).describe(
      "Share of the largest eigenvalue that is added to all",
    ),
  }),
  inputs: {
    of: {
      is: ["embedding"],
      gradient: true,
      verb: "predict from",
      summary: "Embeddings of the online network",
    },
  },
  build(scope, { of = [] }, { momentum, epsilon }) {
    const [features = 0] = of[0]?.shape ?? [];
    if (of.some(({ shape }) => shape[0] !== features)) {
      throw new ShapeError("all views need the same number of features");
    }
    const moment = movingMoment(scope, "correlation", { features, momentum });
    return {
      outputs: { [OUTPUT]: of },
      apply({ of: views = [] }, run) {
        const correlation = run.training
          ? moment.add(tf.concat([...views], 0) as tf.Tensor2D, run)
          : moment.read(run);
        const [values, vectors] = eigenvectors(correlation);
        const positive = tf.maximum(values, 0);
        const shares = tf.div(positive, tf.maximum(tf.max(positive), 1e-12));
        const scales = tf.add(tf.sqrt(shares), epsilon);
        const weights = tf.matMul(
          tf.mul(vectors, scales) as tf.Tensor2D,
          vectors,
          false,
          true,
        );
        return {
          [OUTPUT]: views.map((x) => tf.matMul(x as tf.Tensor2D, weights)),
        };
      },
    };
  },
});
