/** @file Fully connected layer of tokens. */
import type * as tf from "@tensorflow/tfjs";
import { affine, affineAfter, type Again } from "../ops/affine.ts";
import type { Initializer, Layer, ParameterScope, Run } from "./layer.ts";

/** What stands before a dense layer and is not kept for its gradient. */
export type Before = (
  x: tf.Tensor,
  run: Run,
) => { readonly inputs: readonly tf.Tensor[]; readonly op: Again };

/** Shape of a {@linkcode tokenDense}. */
export interface TokenDenseOptions {
  /** Features that come in. */
  readonly in: number;
  /** Features that go out. */
  readonly out: number;
  /** Whether a bias is added. Default true. */
  readonly bias?: boolean;
  /** A norm or an activation of what comes in; nothing by default. */
  readonly before?: Before | undefined;
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
  { in: from, out, bias = true, before }: TokenDenseOptions,
): Layer {
  const shape = [from, out];
  const kernel = scope.declare("kernel", shape, "weight", TRUNCATED_NORMAL);
  const offset = bias
    ? scope.declare("bias", [out], "bias", { kind: "constant", value: 0 })
    : undefined;
  return (x, run) =>
    run.scope(scope.path, () => {
      const w = run.read(kernel) as tf.Tensor2D;
      const b = offset && run.read(offset) as tf.Tensor1D;
      if (!before) return affine(x, w, b);
      const { inputs, op } = before(x, run);
      return affineAfter(inputs, op, w, b);
    });
}
