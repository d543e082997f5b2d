/** @file How PyTorch arranges the numbers of a layer. */
import type { TensorData } from "../ir/dtype.ts";
import { permuted } from "./permute.ts";

/** A way to write numbers in another order or shape, and back. */
export interface Arrangement {
  /** Shape there of a variable of ours. */
  shape(own: readonly number[]): readonly number[];
  /** Ours as theirs. */
  give(own: TensorData): TensorData;
  /** Theirs as ours. */
  take(theirs: TensorData, own: readonly number[]): TensorData;
}

const reordered = (
  give: readonly number[],
  take: readonly number[],
): Arrangement => ({
  shape: (own) => give.map((axis) => own[axis] as number),
  give: (own) => permuted(own, give),
  take: (theirs) => permuted(theirs, take),
});

/** With dimensions of length 1 before the others, or after them. */
const padded = (before: number, after = 0): Arrangement => {
  const shape = (own: readonly number[]) => [
    ...Array(before).fill(1),
    ...own,
    ...Array(after).fill(1),
  ];
  return {
    shape,
    give: (own) => ({ ...own, shape: shape(own.shape) }),
    take: (theirs, own) => ({ ...theirs, shape: own }),
  };
};

/** Arrangements by the kind of a layer. */
export const ARRANGE = {
  /** `[side, side, in, out]` is `[out, in, side, side]` there. */
  conv: reordered([3, 2, 0, 1], [2, 3, 1, 0]),
  /** `[in, out]` is `[out, in]` there. */
  dense: reordered([1, 0], [1, 0]),
  same: padded(0),
  /** One for all images of a batch. */
  row: padded(1),
  token: padded(2),
  /** One for each channel of an image. */
  channel: padded(0, 2),
} as const satisfies Readonly<Record<string, Arrangement>>;
