/** @file Running mean and covariance of the embedding, as variables of the graph. */
import * as tf from "@tensorflow/tfjs";
import type { Variable } from "../layers/layer.ts";

/**
 * Features that are watched; of a wider embedding the first ones, which are as
 * good as any: eigenvalues of 512 cost 12 ms on one core, of 2,048 3.4 s.
 */
export const MOST_FEATURES = 512;

/** Share of the old value that a check keeps: seven batches count, about. */
const KEPT = 0.75;

/** Running moments of `features` features. */
export interface Moments<T = tf.Tensor> {
  /** Sum of the weights of all updates so far, below 1. */
  readonly weight: T;
  /** `[features]`, times `weight`. */
  readonly mean: T;
  /** `[features, features]`, times `weight`. */
  readonly covariance: T;
}

/** Variables of the moments, all 0 at first. */
export function momentVariables(features: number): Moments<Variable> {
  const k = Math.min(features, MOST_FEATURES);
  const variable = (name: string, shape: readonly number[]): Variable => ({
    path: `monitor/${name}`,
    shape,
    dtype: "float32",
    init: { kind: "constant", value: 0 },
    role: "buffer",
  });
  return {
    weight: variable("weight", []),
    mean: variable("mean", [k]),
    covariance: variable("covariance", [k, k]),
  };
}

/**
 * Mixes the embeddings of a batch in. Their covariance is taken about their
 * own mean: the mean's drift over training is no spread.
 *
 * @param views `[batch, features]` each, as they are.
 */
export function updateMoments(
  { weight, mean, covariance }: Moments,
  views: readonly tf.Tensor2D[],
): Moments {
  const all = tf.concat([...views], 0);
  const features = covariance.shape[0] as number;
  const rows = tf.slice(all, [0, 0], [all.shape[0], features]) as tf.Tensor2D;
  const centre = tf.mean(rows, 0);
  const centred = tf.sub(rows, centre) as tf.Tensor2D;
  const spread = tf.div(tf.matMul(centred, centred, true), all.shape[0]);
  const mix = (old: tf.Tensor, now: tf.Tensor): tf.Tensor =>
    tf.add(tf.mul(old, KEPT), tf.mul(now, 1 - KEPT));
  return {
    weight: mix(weight, tf.scalar(1)),
    mean: mix(mean, centre),
    covariance: mix(covariance, spread),
  };
}

/** The covariance that the moments stand for. */
export function covarianceOf(moments: Moments): tf.Tensor2D {
  return tf.div(moments.covariance, moments.weight);
}

/** The second moment, about 0 in place of the mean. */
export function secondMomentOf(moments: Moments): tf.Tensor2D {
  const mean = tf.div(moments.mean, moments.weight);
  return tf.add(
    covarianceOf(moments),
    tf.mul(tf.expandDims(mean, 1), tf.expandDims(mean, 0)),
  );
}
