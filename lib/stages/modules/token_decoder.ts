/** @file Transformer that fills places in: MAE's decoder, I-JEPA's predictor. */
import * as tf from "@tensorflow/tfjs";
import type { ParameterScope, Run } from "../../layers/layer.ts";
import { layerNorm } from "../../layers/layer_norm.ts";
import { tokenDense, TRUNCATED_NORMAL } from "../../layers/token_dense.ts";
import { transformer } from "../../layers/transformer.ts";
import { gatherRows } from "../../ops/gather_rows.ts";
import { sincosPosition } from "../../ops/sincos_position.ts";
import type { Grid } from "../../ops/resize_grid.ts";
import { ShapeError } from "../define.ts";

/** Shape of a {@linkcode tokenDecoder}. */
export interface TokenDecoderOptions {
  /** Features of its own tokens; a multiple of `heads`, and of 4. */
  readonly width: number;
  /** Blocks. */
  readonly depth: number;
  /** Heads of the attention. */
  readonly heads: number;
  /** Hidden features of a block's perceptron, as a multiple of the width. */
  readonly mlp_ratio: number;
  /** Features that come out. */
  readonly out: number;
}

/** What a {@linkcode TokenDecoder} gives. */
export interface TokenDecoderResult {
  /** Of the places that were seen: `[batch, seen, out]`. */
  readonly seen: tf.Tensor3D;
  /** Of those that were asked for, in that order: `[batch, asked, out]`. */
  readonly asked: tf.Tensor3D;
}

/**
 * Runs the network. What is not read of the result costs nothing once it is
 * compiled.
 *
 * @param tokens Of the places that were seen, `[batch, seen, in]`.
 * @param at Their numbers in the grid, row after row, int32 `[batch, seen]`.
 * @param ask Numbers of the places to fill in, int32 `[batch, asked]`.
 */
export type TokenDecoder = (
  tokens: tf.Tensor3D,
  places: { readonly at: tf.Tensor2D; readonly ask: tf.Tensor2D },
  run: Run,
) => TokenDecoderResult;

/**
 * Tokens enter a narrower transformer together with one learned token for each
 * place that is asked for, all with the sines and cosines of their places; what
 * leaves it is projected (He et al. 2021, arXiv:2111.06377, section 3; Assran
 * et al. 2023, arXiv:2301.08243, section 3). Asked for all that was not seen
 * it is MAE's decoder, for the places of target blocks I-JEPA's predictor.
 *
 * Declares `enter`, `mask_token`, `block<N>`, `norm` and `leave`.
 *
 * @param tokens `[seen, in]`, one sample's shape.
 * @param grid Rows and columns of places.
 * @throws {ShapeError} When it cannot take those tokens.
 */
export function tokenDecoder(
  scope: ParameterScope,
  tokens: readonly number[],
  grid: Grid,
  { width, out, mlp_ratio, ...options }: TokenDecoderOptions,
): TokenDecoder {
  const [, from] = tokens;
  if (tokens.length !== 2 || !from) {
    throw new ShapeError(
      `expected tokens [batch, tokens, features], got [${
        ["batch", ...tokens].join(", ")
      }]`,
    );
  }
  if (width % options.heads !== 0 || width % 4 !== 0) {
    throw new ShapeError(
      `expected a width that is a multiple of its heads and of 4, got width ${width} and ${options.heads} heads`,
    );
  }
  const enter = tokenDense(scope.child("enter"), { in: from, out: width });
  const mask = scope.declare("mask_token", [width], "bias", TRUNCATED_NORMAL);
  const blocks = transformer(scope, { ...options, width, mlpRatio: mlp_ratio });
  const norm = layerNorm(scope.child("norm"), { width });
  const leave = tokenDense(scope.child("leave"), { in: width, out });
  return (tokens, { at, ask }, run) => {
    const entered = enter(tokens, run);
    const [batch, seen] = at.shape;
    const [, asked] = ask.shape;
    const all = run.scope(scope.path, () => {
      const places = tf.reshape(tf.concat([at, ask], 1), [-1]) as tf.Tensor1D;
      const placed = gatherRows(sincosPosition(grid, width), places);
      const holes = tf.add(run.read(mask), tf.zeros([batch, asked, width]));
      const both = tf.concat([entered, holes], 1);
      return tf.add(both, tf.reshape(placed, both.shape));
    });
    const mixed = blocks(all, run) as tf.Tensor3D;
    const part = (start: number, count: number): tf.Tensor3D => {
      const chosen = run.scope(
        scope.path,
        () => tf.slice(mixed, [0, start, 0], [batch, count, width]),
      );
      return leave(norm(chosen, run), run) as tf.Tensor3D;
    };
    return { seen: part(0, seen), asked: part(seen, asked) };
  };
}
