/** @file Layer-norm layer. */
import * as tf from "@tensorflow/tfjs";
import { layerNorm as normalize, normalizeRowsOp } from "../ops/layer_norm.ts";
import type { Layer, ParameterScope, Run } from "./layer.ts";
import type { Before } from "./token_dense.ts";

/** Settings of a {@linkcode layerNorm}. */
export interface LayerNormOptions {
  /** Features, the last dimension. */
  readonly width: number;
  /** Added to the variance. Default 1e-6, as vision transformers have it. */
  readonly epsilon?: number;
}

/** Declares scale and offset, and reads them. */
function declare(
  scope: ParameterScope,
  { width }: LayerNormOptions,
): (run: Run) => { readonly scale: tf.Tensor1D; readonly offset: tf.Tensor1D } {
  const constant = (value: number) => ({ kind: "constant", value } as const);
  const scale = scope.declare("scale", [width], "norm", constant(1));
  const offset = scope.declare("offset", [width], "norm", constant(0));
  return (run) => ({
    scale: run.read(scale) as tf.Tensor1D,
    offset: run.read(offset) as tf.Tensor1D,
  });
}

const EPSILON = 1e-6;

/** Layer norm of `[..., width]`, with a learned scale and offset. */
export function layerNorm(
  scope: ParameterScope,
  options: LayerNormOptions,
): Layer {
  const { epsilon = EPSILON } = options;
  const read = declare(scope, options);
  return (x, run) =>
    run.scope(scope.path, () => normalize({ x, epsilon, ...read(run) }));
}

/**
 * The same before a dense layer, which does not keep the normalised tokens:
 * `(n scale + offset) w + b` is `n (scale w) + (offset w + b)`.
 */
export function layerNormBefore(
  scope: ParameterScope,
  options: LayerNormOptions,
): Before {
  const { width, epsilon = EPSILON } = options;
  const read = declare(scope, options);
  return {
    op: (x) => normalizeRowsOp(x, epsilon),
    fold({ w, b }, run) {
      const { scale, offset } = read(run);
      const shift = tf.reshape(
        tf.matMul(tf.reshape(offset, [1, width]), w),
        [-1],
      );
      return {
        w: tf.mul(tf.reshape(scale, [width, 1]), w),
        b: b ? tf.add(shift, b) : shift,
      };
    },
  };
}
