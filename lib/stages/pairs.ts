/** @file Which views of its two sides a loss compares. */
import type { Signature } from "./define.ts";

/** Which views of two sides meet; i and j are view numbers. */
export const PAIRS = {
  cross: {
    summary: "every ordered pair of different views",
    meet: (i: number, j: number): boolean => i !== j,
  },
  unordered: {
    summary: "every pair once, for losses that treat both sides alike",
    meet: (i: number, j: number): boolean => i < j,
  },
  same: {
    summary: "each view with itself",
    meet: (i: number, j: number): boolean => i === j,
  },
  all: {
    summary: "every pair, a view with itself included",
    meet: (): boolean => true,
  },
} as const;

/** Name of one of {@linkcode PAIRS}. */
export type Pairs = keyof typeof PAIRS;

/** Number of a view in the stage that it is read from. */
export const viewNumber = (views: Signature, index: number): number =>
  views[index]?.view ?? index;

/** Places, in the two sides, of the views that meet. */
export function pairsOf(
  pairs: Pairs,
  left: Signature,
  right: Signature,
): readonly (readonly [number, number])[] {
  return left.flatMap((_, i) =>
    right.flatMap((_, j) =>
      PAIRS[pairs].meet(viewNumber(left, i), viewNumber(right, j))
        ? [[i, j] as const]
        : []
    )
  );
}
