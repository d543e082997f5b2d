/** @file What one training of the comparison is, and what comes out of it. */

/** Methods that are compared. */
export const METHODS = ["simsiam", "byol"] as const;

/** Sides that are compared, in the order that they take turns. */
export const SIDES = ["ours", "pytorch"] as const;

/** One of {@linkcode METHODS}. */
export type Method = typeof METHODS[number];

/** One of {@linkcode SIDES}. */
export type Side = typeof SIDES[number];

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
