/** @file A moving mean of the second moments of rows, kept from step to step. */
import * as tf from "@tensorflow/tfjs";
import { stopGradient } from "../ops/stop_gradient.ts";
import type { ParameterScope, Run } from "./layer.ts";

/** A moving mean, `[features, features]`; it begins at 0. */
export interface MovingMoment {
  /** As it is. */
  read(run: Run): tf.Tensor2D;
  /** With those of a batch, `[rows, features]`; no gradient flows. */
  add(rows: tf.Tensor2D, run: Run): tf.Tensor2D;
}

/**
 * `momentum` of the old mean and the rest of `rowsᵀ rows / number of rows`.
 *
 * @param name Of its variable.
 */
export function movingMoment(
  scope: ParameterScope,
  name: string,
  { features, momentum }: {
    readonly features: number;
    readonly momentum: number;
  },
): MovingMoment {
  const kept = scope.declare(name, [features, features], "buffer", {
    kind: "constant",
    value: 0,
  });
  return {
    read: (run) => run.read(kept) as tf.Tensor2D,
    add(rows, run) {
      const still = stopGradient(rows);
      const now = tf.div(tf.matMul(still, still, true), rows.shape[0]);
      const mean = tf.add(
        tf.mul(run.read(kept), momentum),
        tf.mul(now, 1 - momentum),
      ) as tf.Tensor2D;
      run.update(kept, mean);
      return mean;
    },
  };
}
