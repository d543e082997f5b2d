/** @file Fully connected layer of tokens. */
import type * as tf from "@tensorflow/tfjs";
import { affine } from "../ops/affine.ts";
import type { Initializer, Layer, ParameterScope } from "./layer.ts";

/** Shape of a {@linkcode tokenDense}. */
export interface TokenDenseOptions {
  /** Features that come in. */
  readonly in: number;
  /** Features that go out. */
  readonly out: number;
  /** Whether a bias is added. Default true. */
  readonly bias?: boolean;
}

/** First weights of transformers. */
export const TRUNCATED_NORMAL: Initializer = {
  kind: "truncated_normal",
  std: 0.02,
};

/**
 * `x W + b` over the last dimension of `[..., in]`. Weights start normal with
 * a deviation of 0.02, truncated, and the bias at 0, as timm's vision
 * transformers.
 */
export function tokenDense(
  scope: ParameterScope,
  { in: from, out, bias = true }: TokenDenseOptions,
): Layer {
  const kernel = scope.declare(
    "kernel",
    [from, out],
    "weight",
    TRUNCATED_NORMAL,
  );
  const offset = bias
    ? scope.declare("bias", [out], "bias", { kind: "constant", value: 0 })
    : undefined;
  return (x, run) =>
    run.scope(scope.path, () =>
      affine(
        x,
        run.read(kernel) as tf.Tensor2D,
        offset && run.read(offset) as tf.Tensor1D,
      ));
}
