/** @file Where a token stands in the image. */
import * as tf from "@tensorflow/tfjs";
import { type Grid, resizeRows } from "../ops/resize_grid.ts";
import { sincosPosition } from "../ops/sincos_position.ts";
import type { ParameterScope, Run } from "./layer.ts";
import { relativeBias } from "./relative_bias.ts";
import { TRUNCATED_NORMAL } from "./token_dense.ts";

/** How tokens know their place: by what is added to them, or to their attention. */
export interface Position {
  /**
   * What is added to tokens: `[before + rows · columns, width]`, those that
   * stand for no place first.
   */
  readonly tokens?: (grid: Grid, run: Run) => tf.Tensor2D;
  /**
   * What is added to the logits of every attention,
   * `[1 or batch, heads, tokens, tokens]`.
   *
   * @param keep Patches that are there, int32 `[batch, patches]`; by default all.
   */
  readonly attention?: (
    grid: Grid,
    run: Run,
    keep?: tf.Tensor2D,
  ) => tf.Tensor4D;
}

/** What positions are made for. */
export interface PositionOptions {
  /** Features of a token; a multiple of 4 for `sincos`. */
  readonly width: number;
  /** Heads of the attention. */
  readonly heads: number;
  /** Grid that is learned; others are resized from it. */
  readonly grid: Grid;
  /** Tokens before those of the grid, such as a class token. */
  readonly before: number;
}

/** Ways to tell tokens their place. */
export const POSITIONS = {
  /** Learned, one for each token; declares `position`. */
  learned(scope, { width, grid, before }) {
    const [rows, columns] = grid;
    const shape = [before + rows * columns, width];
    const learned = scope.declare("position", shape, "bias", TRUNCATED_NORMAL);
    const tokens: Position["tokens"] = (wanted, run) =>
      resizeRows(run.read(learned) as tf.Tensor2D, grid, wanted, "before");
    return { tokens };
  },
  /** Sines and cosines of row and column; declares nothing. */
  sincos: (_, { width, before }) => ({
    tokens: (grid) =>
      tf.pad(sincosPosition(grid, width), [[before, 0], [0, 0]]),
  }),
  /** Learned for each distance of two patches; declares `relative_position`. */
  relative: (scope, options) => ({ attention: relativeBias(scope, options) }),
} as const satisfies Record<
  string,
  (scope: ParameterScope, options: PositionOptions) => Position
>;
