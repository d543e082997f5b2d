/** @file What numbers of a program are rounded to. */

/** What numbers are rounded to. */
export interface Rounding {
  /** What a layer hands to the next one. */
  readonly activations: "float32" | "bfloat16";
  /** What layers multiply. */
  readonly products: "float32" | "bfloat16";
}

/** float32 throughout. */
export const FLOAT32: Rounding = {
  activations: "float32",
  products: "float32",
};

/** bfloat16 wherever it is not ruled out. */
export const BFLOAT16: Rounding = {
  activations: "bfloat16",
  products: "bfloat16",
};

/** What a `precision` asks for; a device may want products otherwise. */
export const ROUNDINGS = { float32: FLOAT32, bfloat16: BFLOAT16 } as const;
