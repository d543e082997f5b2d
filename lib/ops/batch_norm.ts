/** @file Batch normalisation as TensorFlow's fused ops (Ioffe and Szegedy 2015, arXiv:1502.03167). */
import * as tf from "@tensorflow/tfjs";
import type { Attrs } from "../ir/program.ts";
import { currentTarget, executeRaw } from "../trace/backend.ts";
import { bool, float, string, type } from "./attrs.ts";
import { differentiable } from "./differentiable.ts";

/** Attributes of TensorFlow's fused batch norm, and of its gradient. */
export const fusedAttrs = (epsilon: number, training: boolean): Attrs => ({
  T: type("float32"),
  U: type("float32"),
  epsilon: float(epsilon),
  data_format: string("NHWC"),
  is_training: bool(training),
});

/** Result of {@linkcode batchNormTraining}. */
export interface BatchNormResult {
  readonly y: tf.Tensor4D;
  /** Mean of the batch, `[channels]`; no gradient. */
  readonly mean: tf.Tensor1D;
  /** Unbiased variance of the batch, `[channels]`; no gradient. */
  readonly variance: tf.Tensor1D;
}

/**
 * Normalises `[batch, height, width, channels]` by the batch's own statistics.
 */
export function batchNormTraining(
  x: tf.Tensor4D,
  scale: tf.Tensor1D,
  offset: tf.Tensor1D,
  epsilon: number,
): BatchNormResult {
  const attrs = fusedAttrs(epsilon, true);
  const none = tf.tensor1d([]);
  // Outside `forward`, whose scope would dispose the statistics.
  const [value, mean, variance, ...reserved] = executeRaw(
    "FusedBatchNormV3",
    { ...attrs, exponential_avg_factor: float(1) },
    [x, scale, offset, none, none],
    "none",
  ) as [tf.Tensor4D, tf.Tensor1D, tf.Tensor1D, ...tf.Tensor[]];
  // cuDNN's gradient reads the third; oneDNN's does not, and its work space
  // for a ReLU, a byte for each element, would be kept until then.
  if (currentTarget().device === "cpu") reserved[2] = reserved[0] as tf.Tensor;
  const y = differentiable<tf.Tensor4D>([x, scale, offset], {
    forward(save) {
      save([x, scale, ...reserved]);
      return value;
    },
    backward: (dy, saved) =>
      executeRaw("FusedBatchNormGradV3", attrs, [dy, ...saved]).slice(0, 3),
  });
  return { y, mean, variance };
}

/** Axes over which statistics are taken. */
const OVER = [0, 1, 2];

/** Normalises by given statistics, which have no gradient. */
export function batchNormInference(
  x: tf.Tensor4D,
  scale: tf.Tensor1D,
  offset: tf.Tensor1D,
  mean: tf.Tensor1D,
  variance: tf.Tensor1D,
  epsilon: number,
): tf.Tensor4D {
  const attrs = fusedAttrs(epsilon, false);
  return differentiable<tf.Tensor4D>([x, scale, offset], {
    forward(save) {
      save([x, scale, mean, variance]);
      const [y] = executeRaw(
        "FusedBatchNormV3",
        { ...attrs, exponential_avg_factor: float(1) },
        [x, scale, offset, mean, variance],
      );
      return y as tf.Tensor;
    },
    backward(dy, [x, scale, mean, variance] = []) {
      const [of, by, centre, spread] = [x, scale, mean, variance] as [
        tf.Tensor,
        tf.Tensor,
        tf.Tensor,
        tf.Tensor,
      ];
      const rate = tf.rsqrt(tf.add(spread, epsilon));
      const normal = tf.mul(tf.sub(of, centre), rate);
      return [
        tf.mul(dy, tf.mul(by, rate)),
        tf.sum(tf.mul(dy, normal), OVER),
        tf.sum(dy, OVER),
      ];
    },
  });
}
