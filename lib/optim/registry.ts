/** @file Every optimizer that a pipeline can name: one line each. */
import { adam, adamw } from "./adam.ts";
import type { OptimizerDefinition } from "./define.ts";
import { lars } from "./lars.ts";
import { sgd } from "./sgd.ts";

/** Optimizers. */
export const OPTIMIZERS: readonly OptimizerDefinition[] = [
  sgd,
  lars,
  adam,
  adamw,
];
