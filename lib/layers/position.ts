/** @file Where a token stands in the image. */
import * as tf from "@tensorflow/tfjs";
import { type Grid, resizeGrid } from "../ops/resize_grid.ts";
import { sincosPosition } from "../ops/sincos_position.ts";
import type { ParameterScope, Run } from "./layer.ts";
import { TRUNCATED_NORMAL } from "./token_dense.ts";

/**
 * What is added to tokens: `[before + rows · columns, width]`, those that
 * stand for no place first.
 */
export type Position = (grid: Grid, run: Run) => tf.Tensor2D;

/** What positions are made for. */
export interface PositionOptions {
  /** Features of a token; a multiple of 4 for `sincos`. */
  readonly width: number;
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
    return (wanted, run) => {
      const all = run.read(learned) as tf.Tensor2D;
      if (`${wanted}` === `${grid}`) return all;
      const rest = tf.slice(all, [before, 0], [rows * columns, width]);
      const resized = resizeGrid(rest, grid, wanted);
      return before > 0
        ? tf.concat([tf.slice(all, [0, 0], [before, width]), resized])
        : resized;
    };
  },
  /** Sines and cosines of row and column; declares nothing. */
  sincos: (_, { width, before }) => (grid) =>
    tf.pad(sincosPosition(grid, width), [[before, 0], [0, 0]]),
} as const satisfies Record<
  string,
  (scope: ParameterScope, options: PositionOptions) => Position
>;
