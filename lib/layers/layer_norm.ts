/** @file Layer-norm layer. */
import type * as tf from "@tensorflow/tfjs";
import {
  layerNorm as normalize,
  type LayerNormInputs,
  layerNormOp,
} from "../ops/layer_norm.ts";
import type { Layer, ParameterScope, Run } from "./layer.ts";
import type { Before } from "./token_dense.ts";

/** Settings of a {@linkcode layerNorm}. */
export interface LayerNormOptions {
  /** Features, the last dimension. */
  readonly width: number;
  /** Added to the variance. Default 1e-6, as vision transformers have it. */
  readonly epsilon?: number;
}

/** Declares scale and offset; what the op reads of `x`. */
function declare(
  scope: ParameterScope,
  { width, epsilon = 1e-6 }: LayerNormOptions,
): (x: tf.Tensor, run: Run) => LayerNormInputs {
  const constant = (value: number) => ({ kind: "constant", value } as const);
  const scale = scope.declare("scale", [width], "norm", constant(1));
  const offset = scope.declare("offset", [width], "norm", constant(0));
  return (x, run) => ({
    x,
    scale: run.read(scale) as tf.Tensor1D,
    offset: run.read(offset) as tf.Tensor1D,
    epsilon,
  });
}

/** Layer norm of `[..., width]`, with a learned scale and offset. */
export function layerNorm(
  scope: ParameterScope,
  options: LayerNormOptions,
): Layer {
  const inputs = declare(scope, options);
  return (x, run) => run.scope(scope.path, () => normalize(inputs(x, run)));
}

/** The same before a dense layer, which computes it again backwards. */
export function layerNormBefore(
  scope: ParameterScope,
  options: LayerNormOptions,
): Before {
  const inputs = declare(scope, options);
  return (x, run) => {
    const all = inputs(x, run);
    return { inputs: [x, all.scale, all.offset], op: layerNormOp(all) };
  };
}
