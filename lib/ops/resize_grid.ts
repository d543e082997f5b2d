/** @file A grid of features in another size. */
import * as tf from "@tensorflow/tfjs";
import { type Interpolation, resampleMatrix } from "./resample.ts";

/** Rows and columns. */
export type Grid = readonly [rows: number, columns: number];

/** Weights of `from` places in each of `to`, `[to, from]`. */
function weights(
  from: number,
  to: number,
  interpolation: Interpolation,
): tf.Tensor {
  const all = [tf.tensor1d([0]), tf.tensor1d([from])] as const;
  return tf.squeeze(resampleMatrix(...all, from, to, interpolation), [0]);
}

/**
 * Resizes features of places, antialiased, as timm does with learned positions
 * (`interpolate(mode="bicubic", antialias=True)`). The gradient is that of one
 * matrix product.
 *
 * @param features `[rows · columns, width]` of the grid `from`.
 * @returns The same of the grid `to`; where they are equal, what came in.
 */
export function resizeGrid(
  features: tf.Tensor2D,
  from: Grid,
  to: Grid,
  interpolation: Interpolation = "bicubic",
): tf.Tensor2D {
  if (`${from}` === `${to}`) return features;
  const [rows, columns] = [0, 1].map((axis) =>
    weights(from[axis] as number, to[axis] as number, interpolation)
  ) as [tf.Tensor, tf.Tensor];
  // Each place reads with the product of its row's and its column's weights.
  const both = tf.mul(
    tf.reshape(rows, [to[0], 1, from[0], 1]),
    tf.reshape(columns, [1, to[1], 1, from[1]]),
  );
  const matrix = tf.reshape(both, [to[0] * to[1], from[0] * from[1]]);
  return tf.matMul(matrix as tf.Tensor2D, features);
}

/**
 * Resizes what is learned of a grid, a row for each place; other rows, of a
 * class token, stay.
 *
 * @param rows `[places and others, width]` of the grid `from`.
 * @param others Where the others stand.
 */
export function resizeRows(
  rows: tf.Tensor2D,
  from: Grid,
  to: Grid,
  others: "before" | "after",
): tf.Tensor2D {
  if (`${from}` === `${to}`) return rows;
  const [all, width] = rows.shape;
  const places = from[0] * from[1];
  const part = (start: number, count: number): tf.Tensor2D =>
    tf.slice(rows, [start, 0], [count, width]);
  const isFirst = others === "before";
  const resized = resizeGrid(
    part(isFirst ? all - places : 0, places),
    from,
    to,
  );
  if (all === places) return resized;
  const kept = part(isFirst ? 0 : places, all - places);
  return tf.concat(isFirst ? [kept, resized] : [resized, kept]);
}
