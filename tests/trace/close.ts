/** @file How far two tensors are apart. */
import type { TensorData } from "../../lib/ir/dtype.ts";

/** The largest finite magnitude in a tensor. */
export function magnitude({ data }: TensorData): number {
  let largest = 0;
  for (const element of data) {
    const size = Math.abs(Number(element));
    if (Number.isFinite(size) && size > largest) largest = size;
  }
  return largest;
}

/**
 * The largest difference of two tensors as a share of the largest magnitude
 * of the second, or of `floor` where that is larger. Infinite where shape or
 * type differ, or where only one element is finite.
 */
export function relativeError(
  ours: TensorData,
  theirs: TensorData,
  floor = 0,
): number {
  if (ours.dtype !== theirs.dtype || `${ours.shape}` !== `${theirs.shape}`) {
    return Infinity;
  }
  let difference = 0;
  for (let i = 0; i < theirs.data.length; i++) {
    const [a, b] = [Number(ours.data[i]), Number(theirs.data[i])];
    if (a === b || Object.is(a, b)) continue;
    const gap = Math.abs(a - b);
    if (!Number.isFinite(gap)) return Infinity;
    difference = Math.max(difference, gap);
  }
  return difference === 0 ? 0 : difference / Math.max(magnitude(theirs), floor);
}
