/** @file Pre-norm transformer block (Dosovitskiy et al. 2020, arXiv:2010.11929). */
import { geluOp } from "../ops/gelu.ts";
import { attention } from "./attention.ts";
import { type Layer, type ParameterScope, sequential } from "./layer.ts";
import { layerNormBefore } from "./layer_norm.ts";
import { residualBranch } from "./residual_branch.ts";
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
): Layer {
  const { width, mlpRatio = 4 } = options;
  const hidden = Math.round(mlpRatio * width);
  const mlp = scope.child("mlp");
  return sequential(
    residualBranch(
      scope.child("branch1"),
      attention(scope.child("attention"), {
        ...options,
        before: layerNormBefore(scope.child("norm1"), { width }),
      }),
      options,
    ),
    residualBranch(
      scope.child("branch2"),
      sequential(
        tokenDense(mlp.child("linear1"), {
          in: width,
          out: hidden,
          before: layerNormBefore(scope.child("norm2"), { width }),
        }),
        tokenDense(mlp.child("linear2"), {
          in: hidden,
          out: width,
          before: (x) => ({ inputs: [x], op: geluOp(x) }),
        }),
      ),
      options,
    ),
  );
}
