/** @file What numbers of a program are rounded to. */

/** What numbers are rounded to. */
export interface Rounding {
  /** What a layer hands to the next one. */
  readonly activations: "float32" | "bfloat16";
  /** What layers multiply. */
  readonly products: "float32" | "bfloat16";
}

export const FLOAT32: Rounding = {
  activations: "float32",
  products: "float32",
};
export const BFLOAT16: Rounding = {
  activations: "bfloat16",
  products: "bfloat16",
};
