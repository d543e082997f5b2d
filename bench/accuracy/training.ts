/** @file What one training of the comparison is, and what comes out of it. */

/** Methods that are compared. */
export const METHODS = ["simsiam", "byol"] as const;

/** Sides, in the order that they take turns: ours in float32 and what it is compared with. */
export const SIDES = ["ours", "pytorch", "bfloat16"] as const;

/** One of {@linkcode METHODS}. */
export type Method = typeof METHODS[number];

/** One of {@linkcode SIDES}. */
export type Side = typeof SIDES[number];

/** A side that ours in float32 is compared with. */
export type Other = Exclude<Side, "ours">;

/** Largest difference of the means that passes, in points. */
export const TOLERANCES: Readonly<Record<Other, number>> = {
  pytorch: 1,
  bfloat16: 0.5,
};

/** One training of one side. */
export interface Training {
  readonly method: Method;
  readonly seed: number;
  readonly epochs: number;
  readonly threads: number;
}

/** What a training gave. */
export interface Outcome {
  /** Accuracy in 0..1. */
  readonly knn: number;
  /** The same before the first step, where it was measured. */
  readonly untrained?: number;
  /** Mean over the last epoch. */
  readonly loss: number;
  /** Of training alone. */
  readonly seconds: number;
  /** Such as `PyTorch 2.13.0`. */
  readonly versions: readonly string[];
}
