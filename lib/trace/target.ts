/** @file What ops are recorded for. */

/** Decides which of several ways to compute the same is taken. */
export interface Target {
  /** Where they run: the fastest there. `any`: as they are defined. */
  readonly device: "cpu" | "gpu" | "any";
  /** What the products of layers will be computed in. */
  readonly precision: "float32" | "bfloat16";
}

/** Where nothing else is said. */
export const CPU: Target = { device: "cpu", precision: "float32" };
