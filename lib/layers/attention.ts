/** @file Self-attention layer. */
import * as tf from "@tensorflow/tfjs";
import { crossAttention, selfAttention } from "../ops/attention.ts";
import type { ParameterScope, Run } from "./layer.ts";
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

/**
 * Tokens that look at each other, `[batch, tokens, width]`.
 *
 * @param bias What is added to the logits of each attention,
 * `[1 or batch, heads, tokens, tokens]`; 0 by default.
 */
export type Attending = (
  x: tf.Tensor,
  run: Run,
  bias?: tf.Tensor4D,
) => tf.Tensor;

/** One that can be asked for less. */
export interface Attention extends Attending {
  /** What the first token becomes, `[batch, 1, width]`. */
  readonly ofFirst: Attending;
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
  const all: Attending = (x, run, bias) => {
    const parts = qkv(x, run) as tf.Tensor3D;
    const mixed = run.scope(
      scope.path,
      () => selfAttention(parts, heads, bias),
    );
    return project(mixed, run);
  };
  const ofFirst: Attending = (x, run, bias) => {
    const first = run.scope(scope.path, () => firstToken(x));
    const q = queries(first, run) as tf.Tensor3D;
    const kv = others(x, run) as tf.Tensor3D;
    const mixed = run.scope(scope.path, () => {
      const its = bias && tf.slice(bias, [0, 0, 0, 0], [-1, -1, 1, -1]);
      return crossAttention(q, kv, heads, its);
    });
    return project(mixed, run);
  };
  return Object.assign(all, { ofFirst });
}
