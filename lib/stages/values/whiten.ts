/** @file Whitening: embeddings of which no two features tell the same. */
import * as tf from "@tensorflow/tfjs";
import { z } from "zod";
import { choice } from "../choice.ts";
import { inverseCholesky, inverseRoot } from "../../ops/whiten.ts";
import {
  defineStage,
  OUTPUT,
  ShapeError,
  type StageDefinition,
} from "../define.ts";

/** Rows with mean 0, and their covariance over `rows - less`. */
function spreadOf(
  x: tf.Tensor2D,
  less: number,
): [centred: tf.Tensor2D, covariance: tf.Tensor2D] {
  const centred = tf.sub(x, tf.mean(x, 0, true)) as tf.Tensor2D;
  const covariance = tf.div(
    tf.matMul(centred, centred, true),
    x.shape[0] - less,
  );
  return [centred, covariance as tf.Tensor2D];
}

/** `(1 - epsilon) C + epsilon 1`, inverted by Cholesky's decomposition. */
function byCholesky(x: tf.Tensor2D, epsilon: number): tf.Tensor2D {
  const [centred, covariance] = spreadOf(x, 1);
  const shrunk = tf.add(
    tf.mul(covariance, 1 - epsilon),
    tf.mul(tf.eye(x.shape[1]), epsilon),
  ) as tf.Tensor2D;
  return tf.matMul(centred, inverseCholesky(shrunk), false, true);
}

/** Groups of features by themselves, `(C + epsilon 1)^(-1/2)` by Newton's iteration. */
function byNewton(
  x: tf.Tensor2D,
  epsilon: number,
  groups: number,
  iterations: number,
): tf.Tensor2D {
  const [rows, features] = x.shape;
  const size = features / groups;
  const centred = tf.sub(x, tf.mean(x, 0, true));
  // [groups, size, rows]
  const apart = tf.reshape(tf.transpose(centred), [groups, size, rows]);
  const covariance = tf.add(
    tf.div(tf.matMul(apart, apart, false, true), rows),
    tf.expandDims(tf.mul(tf.eye(size), epsilon), 0),
  ) as tf.Tensor3D;
  const white = tf.matMul(inverseRoot(covariance, iterations), apart);
  return tf.transpose(tf.reshape(white, [features, rows])) as tf.Tensor2D;
}

/**
 * Rows of a batch, whitened by the batch's own covariance: mean 0, each feature
 * of variance 1, no two correlated. A constant value cannot be whitened, so
 * losses that only attract need nothing else against collapse.
 */
export const whiten: StageDefinition = defineStage({
  key: {
    key: "whiten",
    value: "input",
    summary: "What is whitened",
    look: "value",
  },
  name: "whiten",
  summary:
    "Embeddings made uncorrelated, each feature of variance 1, over the batch",
  reference:
    "Ermolov et al. 2020, https://arxiv.org/abs/2007.06346, section 3 (W-MSE); Huang et al. 2019, https://arxiv.org/abs/1904.03441 (iterative normalisation)",
  spreads: "both",
  options: z.strictObject({
    by: choice({
      cholesky: "exact, as in W-MSE",
      newton: "iterative normalisation, as in VIbCReg",
    }).default("cholesky").describe("How the whitening is computed"),
    size: z.int().min(2).optional().describe(
      "Rows that are whitened together, a divisor of the batch; all by default",
    ),
    groups: z.int().min(1).default(1).describe(
      "Groups of features that are whitened apart; `newton` only",
    ),
    iterations: z.int().min(1).max(100).default(5).describe(
      "Of Newton's iteration",
    ),
    epsilon: z.number().min(0).lt(1).default(1e-5).describe(
      "`cholesky`: share of the identity in the covariance; `newton`: added to its diagonal",
    ),
    affine: z.boolean().default(false).describe(
      "Whether a learned scale and offset of each feature follow, as in solo-learn's VIbCReg",
    ),
  }),
  inputs: {
    whiten: {
      is: ["embedding"],
      gradient: true,
      verb: "whiten",
      summary: "What is whitened",
    },
  },
  keepsViews: true,
  standsFor: "whiten",
  build(
    scope,
    { whiten: of = [] },
    { by, size, groups, iterations, epsilon, affine },
    { batch, problem },
  ) {
    const together = size ?? batch;
    const [features = 0] = of[0]?.shape ?? [];
    if (batch % together !== 0) {
      problem(
        "out-of-range",
        ["size"],
        `Cannot whiten a batch of ${batch} in parts of ${together}`,
        { hints: ["give a divisor of data.batch"] },
      );
    }
    if (by === "cholesky" && together <= features) {
      problem(
        "out-of-range",
        [size === undefined ? "whiten" : "size"],
        `Cannot whiten ${features} features over ${together} rows: their covariance has no inverse`,
        {
          hints: [
            `give twice as many rows as features, or fewer features (\`out: ${
              together >> 1
            }\`), or by: newton with groups`,
          ],
        },
      );
    }
    if (of.some(({ shape }) => (shape[0] ?? 0) % groups !== 0)) {
      throw new ShapeError(`${features} features do not make ${groups} groups`);
    }
    const declare = (name: string, value: number) =>
      affine
        ? scope.declare(name, [features], "norm", { kind: "constant", value })
        : undefined;
    const [scale, offset] = [declare("scale", 1), declare("offset", 0)];
    const white = (x: tf.Tensor2D): tf.Tensor2D =>
      by === "cholesky"
        ? byCholesky(x, epsilon)
        : byNewton(x, epsilon, groups, iterations);
    return {
      outputs: { [OUTPUT]: of },
      apply({ whiten: views = [] }, run) {
        const outputs = views.map((x) => {
          const rows = x.shape[0] as number;
          if (rows <= together) return white(x as tf.Tensor2D);
          const parts = Array.from(
            { length: rows / together },
            (_, i) => white(tf.slice(x as tf.Tensor2D, i * together, together)),
          );
          return tf.concat(parts, 0);
        });
        return {
          [OUTPUT]: scale && offset
            ? outputs.map((x) =>
              tf.add(tf.mul(x, run.read(scale)), run.read(offset))
            )
            : outputs,
        };
      },
    };
  },
});
