/** @file A bias of attention for each distance of two patches, as BEiT's. */
import * as tf from "@tensorflow/tfjs";
import { type Grid, resizeRows } from "../ops/resize_grid.ts";
import type { ParameterScope, Run } from "./layer.ts";

/** Shape of a {@linkcode relativeBias}. */
export interface RelativeBiasOptions {
  /** Heads, each with biases of its own. */
  readonly heads: number;
  /** Grid of patches that it is learned for. */
  readonly grid: Grid;
  /** Tokens before those of the grid: a class token, or none. */
  readonly before: number;
}

/** Pairs with a class token: what it asks, what asks for it, and itself. */
const OF_CLASS = 3;

/** How many distances two rows, and two columns, of a grid have. */
export const distances = (
  [rows, columns]: Grid,
): Grid => [2 * rows - 1, 2 * columns - 1];

/** Elements of a grid. */
const size = ([rows, columns]: Grid): number => rows * columns;

/** Number of the distance of each two patches, `[images, patches, patches]`. */
function between(numbers: tf.Tensor2D, [rows, columns]: Grid): tf.Tensor3D {
  const whole = (value: number) => tf.scalar(value, "int32");
  const row = tf.floorDiv(numbers, whole(columns));
  const column = tf.sub(numbers, tf.mul(row, whole(columns)));
  const apart = (places: tf.Tensor, count: number) =>
    tf.add(
      tf.sub(tf.expandDims(places, 2), tf.expandDims(places, 1)),
      whole(count - 1),
    );
  return tf.add(
    tf.mul(apart(row, rows), whole(2 * columns - 1)),
    apart(column, columns),
  );
}

/** The same with a class token before the patches, whose pairs count from `first`. */
function withClass(pairs: tf.Tensor3D, first: number): tf.Tensor3D {
  const [images, patches] = pairs.shape;
  const [asks, asked, itself] = [
    [images, 1, patches] as const,
    [images, patches, 1] as const,
    [images, 1, 1] as const,
  ].map((shape, i) => tf.fill([...shape], first + i, "int32"));
  return tf.concat([
    tf.concat([itself, asks] as tf.Tensor3D[], 2),
    tf.concat([asked, pairs] as tf.Tensor3D[], 2),
  ], 1);
}

/**
 * Declares `relative_position`, `[distances (and 3 of a class token), heads]`,
 * which begins at 0 (Bao et al. 2021, arXiv:2106.08254, after Raffel et al.
 * 2019, arXiv:1910.10683). For grids of another size it is resized.
 *
 * @returns What is added to attention's logits,
 * `[1 or batch, heads, tokens, tokens]`.
 */
export function relativeBias(
  scope: ParameterScope,
  { heads, grid, before }: RelativeBiasOptions,
): (wanted: Grid, run: Run, keep?: tf.Tensor2D) => tf.Tensor4D {
  const learnt = distances(grid);
  const table = scope.declare(
    "relative_position",
    [size(learnt) + (before > 0 ? OF_CLASS : 0), heads],
    "weight",
    { kind: "constant", value: 0 },
  );
  return (wanted, run, keep) => {
    const numbers = keep ??
      tf.expandDims(tf.range(0, size(wanted), 1, "int32")) as tf.Tensor2D;
    const ofPatches = between(numbers, wanted);
    const pairs = before > 0
      ? withClass(ofPatches, size(distances(wanted)))
      : ofPatches;
    const all = run.read(table) as tf.Tensor2D;
    const resized = resizeRows(all, learnt, distances(wanted), "after");
    const biases = tf.gather(resized as tf.Tensor, pairs) as tf.Tensor4D;
    return tf.transpose(biases, [0, 3, 1, 2]);
  };
}
