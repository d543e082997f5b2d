/** @file What ops are recorded for. */
import { FLOAT32, type Rounding } from "../ir/rounding.ts";

/** Decides which of several ways to compute the same is taken. */
export interface Target extends Rounding {
  /** Where ops run: the fastest way there. `any`: as they are defined. */
  readonly device: "cpu" | "gpu" | "any";
}

/** Where nothing else is said. */
export const CPU: Target = { device: "cpu", ...FLOAT32 };
