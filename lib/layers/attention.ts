/** @file Self-attention layer. */
import type * as tf from "@tensorflow/tfjs";
import { crossAttention, selfAttention } from "../ops/attention.ts";
import type { Layer, ParameterScope } from "./layer.ts";
import { firstToken } from "../ops/first_token.ts";
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

/** An attention that can be asked for less. */
export interface Attention extends Layer {
  /** What the first token becomes, `[batch, 1, width]`. */
  readonly ofFirst: Layer;
}

/** Multi-head self-attention of `[batch, tokens, width]`. */
export function attention(
  scope: ParameterScope,
  { width, heads, qkvBias = true, before }: AttentionOptions,
): Attention {
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
  const queries = qkv.some(0, width);
  const others = qkv.some(width, 2 * width);
  const all: Layer = (x, run) => {
    const parts = qkv(x, run) as tf.Tensor3D;
    const mixed = run.scope(scope.path, () => selfAttention(parts, heads));
    return project(mixed, run);
  };
  const ofFirst: Layer = (x, run) => {
    const first = run.scope(scope.path, () => firstToken(x));
    const q = queries(first, run) as tf.Tensor3D;
    const kv = others(x, run) as tf.Tensor3D;
    const mixed = run.scope(scope.path, () => crossAttention(q, kv, heads));
    return project(mixed, run);
  };
  return Object.assign(all, { ofFirst });
}
