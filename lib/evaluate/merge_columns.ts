/** @file Columns that are the same, as one: the three channels of a grey image. */
import type { Features } from "./features.ts";

/** Features of fewer columns that a linear classifier takes for the same. */
export interface Merged {
  readonly features: Features;
  /** For each column of the features that were given, which one it is in. */
  readonly columns: Int32Array;
  /** Of each merged column, how many it is made of. */
  readonly parts: Int32Array;
}

/** A number that equal columns share. */
function hashes({ width, data }: Features): Int32Array {
  const bits = new Int32Array(data.buffer, data.byteOffset, data.length);
  const found = new Int32Array(width);
  for (let i = 0, column = 0; i < bits.length; i++) {
    found[column] = Math.imul(found[column] as number, 31) +
      (bits[i] as number);
    if (++column === width) column = 0;
  }
  return found;
}

function equal({ width, data }: Features, a: number, b: number): boolean {
  for (let row = 0; row < data.length; row += width) {
    if (data[row + a] !== data[row + b]) return false;
  }
  return true;
}

/**
 * Merges equal columns. `m` of them become one that is longer by the root of
 * `m`: products of rows stay what they were, and so does what is fitted with a
 * penalty on the squared weights.
 */
export function mergeColumns(features: Features): Merged {
  const { count, width, data } = features;
  const hash = hashes(features);
  const columns = new Int32Array(width);
  const first: number[] = [];
  const parts: number[] = [];
  const alike = new Map<number, number[]>();
  for (let column = 0; column < width; column++) {
    const known = alike.get(hash[column] as number) ?? [];
    alike.set(hash[column] as number, known);
    let merged = known.find((one) =>
      equal(features, first[one] as number, column)
    );
    if (merged === undefined) {
      merged = first.length;
      first.push(column);
      parts.push(0);
      known.push(merged);
    }
    columns[column] = merged;
    parts[merged] = (parts[merged] as number) + 1;
  }
  const own = { columns, parts: Int32Array.from(parts) };
  if (first.length === width) return { ...own, features };
  const values = new Float32Array(count * first.length);
  const roots = parts.map(Math.sqrt);
  for (let row = 0, i = 0; row < data.length; row += width) {
    for (let merged = 0; merged < first.length; merged++, i++) {
      values[i] = (data[row + (first[merged] as number)] as number) *
        (roots[merged] as number);
    }
  }
  return { ...own, features: { count, width: first.length, data: values } };
}

/** Weights of the merged columns as those of the columns that were given. */
export function unmerged(
  { columns, parts }: Pick<Merged, "columns" | "parts">,
  kernel: Float32Array,
  outputs: number,
): Float32Array<ArrayBuffer> {
  const all = new Float32Array(columns.length * outputs);
  columns.forEach((merged, column) => {
    const root = Math.sqrt(parts[merged] as number);
    for (let i = 0; i < outputs; i++) {
      all[column * outputs + i] = (kernel[merged * outputs + i] as number) /
        root;
    }
  });
  return all;
}
