/** @file Fewer labels: a share of each class, or so many images of each. */
import { epochOrder } from "../data/shuffle.ts";

/**
 * Rows by class, in an order that depends on the draw alone.
 *
 * @param draw Number of the draw, from 0.
 */
function byClass(labels: Int32Array, draw: number): number[][] {
  const rows = new Map<number, number[]>();
  for (const row of epochOrder(draw, 0, labels.length)) {
    const label = labels[row] as number;
    const own = rows.get(label);
    if (own) own.push(row);
    else rows.set(label, [row]);
  }
  return [...rows.values()];
}

/** So many rows of each class, or all of one that has fewer. */
export const shots = (
  labels: Int32Array,
  count: number,
  draw: number,
): number[] =>
  byClass(labels, draw).flatMap((rows) => rows.slice(0, count)).sort((a, b) =>
    a - b
  );

/** A share of each class, and at least one row of it. */
export const share = (
  labels: Int32Array,
  part: number,
  draw: number,
): number[] =>
  byClass(labels, draw).flatMap((rows) =>
    rows.slice(0, Math.max(1, Math.round(part * rows.length)))
  ).sort((a, b) => a - b);
