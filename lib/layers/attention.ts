/** @file Self-attention layer. */
import type * as tf from "@tensorflow/tfjs";
import { selfAttention } from "../ops/attention.ts";
import type { Layer, ParameterScope } from "./layer.ts";
import { type Before, tokenDense } from "./token_dense.ts";

/** Shape of an {@linkcode attention}. */
export interface AttentionOptions {
  /** Features of a token, in and out. */
  readonly width: number;
  /** Heads; divide the width. */
  readonly heads: number;
  /** Whether queries, keys and values have a bias. Default true. */
  readonly qkvBias?: boolean;
  /** A norm of what comes in; nothing by default. */
  readonly before?: Before;
}

/** Multi-head self-attention of `[batch, tokens, width]`. */
export function attention(
  scope: ParameterScope,
  { width, heads, qkvBias = true, before }: AttentionOptions,
): Layer {
  const qkv = tokenDense(scope.child("qkv"), {
    in: width,
    out: 3 * width,
    bias: qkvBias,
    before,
  });
  const project = tokenDense(scope.child("projection"), {
    in: width,
    out: width,
  });
  return (x, run) => {
    const all = qkv(x, run) as tf.Tensor3D;
    const mixed = run.scope(scope.path, () => selfAttention(all, heads));
    return project(mixed, run);
  };
}
