/** @file Batch-norm layer with running statistics. */
import * as tf from "@tensorflow/tfjs";
import { batchNormInference, batchNormTraining } from "../ops/batch_norm.ts";
import { batchNormReplicas } from "../ops/batch_norm_replicas.ts";
import type { Layer, ParameterScope } from "./layer.ts";

/** Settings of a {@linkcode batchNorm}; the defaults are PyTorch's. */
export interface BatchNormOptions {
  /** Features, the last dimension. */
  readonly channels: number;
  /** Whether a learned scale and offset follow. Default true. */
  readonly affine?: boolean;
  /** First value of the scale. Default 1. */
  readonly scale?: number;
  /** Share of the new statistics in the running ones. Default 0.1. */
  readonly momentum?: number;
  /** Added to the variance. Default 1e-5. */
  readonly epsilon?: number;
}

/**
 * Batch norm over all axes but the last, for `[batch, features]` and
 * `[batch, height, width, channels]`. In training it normalises by the batch
 * and moves the running statistics (unbiased variance); otherwise it
 * normalises by the running ones, which stay as they are.
 */
export function batchNorm(
  scope: ParameterScope,
  options: BatchNormOptions,
): Layer {
  const { channels, affine = true, momentum = 0.1, epsilon = 1e-5 } = options;
  const constant = (value: number) => ({ kind: "constant", value } as const);
  const shape: [number] = [channels];
  const scale = affine
    ? scope.declare("scale", shape, "norm", constant(options.scale ?? 1))
    : undefined;
  const offset = affine
    ? scope.declare("offset", shape, "norm", constant(0))
    : undefined;
  const mean = scope.declare("mean", shape, "buffer", constant(0));
  const variance = scope.declare("variance", shape, "buffer", constant(1));
  return (x, run) =>
    run.scope(scope.path, () => {
      const x4 = x.rank === 4
        ? x as tf.Tensor4D
        : tf.reshape(x, [-1, 1, 1, channels]) as tf.Tensor4D;
      const gamma = (scale ? run.read(scale) : tf.ones(shape)) as tf.Tensor1D;
      const beta = (offset ? run.read(offset) : tf.zeros(shape)) as tf.Tensor1D;
      if (!run.training || run.frozenStatistics) {
        const [m, v] = [run.read(mean), run.read(variance)] as tf.Tensor1D[];
        const y = batchNormInference(
          x4,
          gamma,
          beta,
          m as tf.Tensor1D,
          v as tf.Tensor1D,
          epsilon,
        );
        return tf.reshape(y, x.shape);
      }
      const result = run.replicas === undefined
        ? batchNormTraining(x4, gamma, beta, epsilon)
        : batchNormReplicas(x4, gamma, beta, epsilon, run.replicas);
      const move = (old: tf.Tensor, now: tf.Tensor): tf.Tensor =>
        tf.add(tf.mul(old, 1 - momentum), tf.mul(now, momentum));
      run.update(mean, move(run.read(mean), result.mean));
      run.update(variance, move(run.read(variance), result.variance));
      return tf.reshape(result.y, x.shape);
    });
}
