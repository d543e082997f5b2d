/** @file Batch normalisation of a batch that replicas share. */
import * as tf from "@tensorflow/tfjs";
import { executeRaw } from "../trace/backend.ts";
import { type BatchNormResult, fusedAttrs } from "./batch_norm.ts";
import { bool, float } from "./attrs.ts";
import { differentiable } from "./differentiable.ts";
import { allRows, allSum } from "./replicas.ts";

type Pair = readonly [tf.Tensor1D, tf.Tensor1D];

/** Two vectors of every replica, `[replicas, channels]` each. */
function ofAll(a: tf.Tensor, b: tf.Tensor, replicas: number): Pair {
  const [channels = 0] = a.shape;
  const all = allRows(tf.reshape(tf.stack([a, b]), [1, 2, channels]), replicas);
  return tf.unstack(all, 1) as unknown as Pair;
}

/**
 * Normalises each replica's `[rows, height, width, channels]` by the statistics
 * of all replicas' rows. Means and variances of shares of one size add up
 * exactly; backwards each replica's sums do.
 */
export function batchNormReplicas(
  x: tf.Tensor4D,
  scale: tf.Tensor1D,
  offset: tf.Tensor1D,
  epsilon: number,
  replicas: number,
): BatchNormResult {
  const channels = x.shape[3];
  const count = x.size / channels;
  const total = count * replicas;
  const training = {
    ...fusedAttrs(epsilon, true),
    exponential_avg_factor: float(1),
  };
  const given = { ...training, is_training: bool(false) };
  const none = tf.tensor1d([]);
  const [, own, spread] = executeRaw(
    "FusedBatchNormV3",
    training,
    [x, scale, offset, none, none],
    "none",
  ) as [tf.Tensor, tf.Tensor1D, tf.Tensor1D];
  // The op's variance is unbiased, of one row alone it is 0.
  const biased = tf.mul(spread, (count - 1) / count);
  const [means, variances] = ofAll(own, biased, replicas);
  const mean = tf.mean(means, 0) as tf.Tensor1D;
  const variance = tf.mean(
    tf.add(variances, tf.square(tf.sub(means, mean))),
    0,
  ) as tf.Tensor1D;
  const y = differentiable<tf.Tensor4D>([x, scale, offset], {
    forward(save) {
      save([x, scale, mean, variance]);
      const inputs = [x, scale, offset, mean, variance];
      const [y] = executeRaw("FusedBatchNormV3", given, inputs, "none");
      return y as tf.Tensor;
    },
    backward(dy, saved) {
      const [x, scale, mean, variance] = saved as [
        tf.Tensor4D,
        tf.Tensor1D,
        tf.Tensor1D,
        tf.Tensor1D,
      ];
      // As if statistics were given; that they follow from x comes after.
      const [dx, dscale, doffset] = executeRaw(
        "FusedBatchNormGradV3",
        fusedAttrs(epsilon, false),
        [dy, x, scale, mean, variance, tf.tensor1d([])],
        "none",
      ) as [tf.Tensor4D, tf.Tensor1D, tf.Tensor1D, ...tf.Tensor[]];
      const sums = allSum(tf.stack([doffset, dscale]), replicas);
      const [sum, product] = tf.unstack(sums) as [tf.Tensor, tf.Tensor];
      const rate = tf.rsqrt(tf.add(variance, epsilon));
      // dx - scale * rate / total * (sum + product * (x - mean) * rate)
      const slope = tf.mul(tf.div(product, total), rate);
      const shift = tf.sub(tf.div(sum, total), tf.mul(slope, mean));
      const factor = tf.mul(scale, rate);
      return [
        tf.sub(
          dx,
          tf.add(tf.mul(x, tf.mul(factor, slope)), tf.mul(factor, shift)),
        ),
        dscale,
        doffset,
      ];
    },
  });
  return {
    y,
    mean,
    variance: tf.mul(variance, total / (total - 1)) as tf.Tensor1D,
  };
}
