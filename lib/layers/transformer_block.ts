/** @file Pre-norm transformer block (Dosovitskiy et al. 2020, arXiv:2010.11929). */
import type * as tf from "@tensorflow/tfjs";
import { firstToken } from "../ops/first_token.ts";
import { type Attending, type Attention, attention } from "./attention.ts";
import { type ParameterScope, type Run, sequential } from "./layer.ts";
import { geluBefore } from "./gelu_before.ts";
import { layerNormBefore } from "./layer_norm.ts";
import { branchSum } from "./residual_branch.ts";
import { tokenDense } from "./token_dense.ts";

/** Shape of a {@linkcode transformerBlock}. */
export interface TransformerBlockOptions {
  /** Features of a token. */
  readonly width: number;
  /** Heads of the attention; divide the width. */
  readonly heads: number;
  /** Hidden features of the perceptron, as a multiple of the width. Default 4. */
  readonly mlpRatio?: number;
  /** Whether queries, keys and values have a bias. Default true. */
  readonly qkvBias?: boolean;
  /** First value of the learned scale of both branches; none by default. */
  readonly layerScale?: number | undefined;
  /** Share of samples in which training leaves a branch out. Default 0. */
  readonly dropPath?: number | undefined;
}

/**
 * `y = x + attention(norm(x))`, then `y + mlp(norm(y))`, for tokens
 * `[batch, tokens, width]`. Norms and GELU are not kept for the backward pass.
 */
export function transformerBlock(
  scope: ParameterScope,
  options: TransformerBlockOptions,
): Attention {
  const { width, mlpRatio = 4 } = options;
  const hidden = Math.round(mlpRatio * width);
  const attend = attention(scope.child("attention"), {
    ...options,
    before: layerNormBefore(scope.child("norm1"), { width }),
  });
  const sum1 = branchSum(scope.child("branch1"), options);
  const mlp = scope.child("mlp");
  const perceptron = sequential(
    tokenDense(mlp.child("linear1"), {
      in: width,
      out: hidden,
      before: layerNormBefore(scope.child("norm2"), { width }),
    }),
    tokenDense(mlp.child("linear2"), {
      in: hidden,
      out: width,
      before: geluBefore,
    }),
  );
  const sum2 = branchSum(scope.child("branch2"), options);
  const rest = (
    x: tf.Tensor,
    attended: tf.Tensor,
    run: Run,
  ): tf.Tensor => {
    const y = sum1(x, attended, run);
    return sum2(y, perceptron(y, run), run);
  };
  const all: Attending = (x, run, bias) => rest(x, attend(x, run, bias), run);
  const ofFirst: Attending = (x, run, bias) => {
    const first = run.scope(scope.path, () => firstToken(x));
    return rest(first, attend.ofFirst(x, run, bias), run);
  };
  return Object.assign(all, { ofFirst });
}
