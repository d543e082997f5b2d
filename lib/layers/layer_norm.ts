/** @file Layer-norm layer. */
import type * as tf from "@tensorflow/tfjs";
import { layerNorm as normalize } from "../ops/layer_norm.ts";
import type { Layer, ParameterScope } from "./layer.ts";

/** Settings of a {@linkcode layerNorm}. */
export interface LayerNormOptions {
  /** Features, the last dimension. */
  readonly width: number;
  /** Added to the variance. Default 1e-6, as vision transformers have it. */
  readonly epsilon?: number;
}

/** Layer norm of `[..., width]`, with a learned scale and offset. */
export function layerNorm(
  scope: ParameterScope,
  { width, epsilon = 1e-6 }: LayerNormOptions,
): Layer {
  const constant = (value: number) => ({ kind: "constant", value } as const);
  const scale = scope.declare("scale", [width], "norm", constant(1));
  const offset = scope.declare("offset", [width], "norm", constant(0));
  return (x, run) =>
    run.scope(scope.path, () =>
      normalize(
        x,
        run.read(scale) as tf.Tensor1D,
        run.read(offset) as tf.Tensor1D,
        epsilon,
      ));
}
