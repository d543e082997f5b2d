/** @file The order of the passes. */
import type { Program } from "../ir/program.ts";
import { FLOAT32, type Rounding } from "../ir/rounding.ts";
import { verify } from "../ir/verify.ts";
import { commonSubexpressions } from "./passes/common_subexpressions.ts";
import { deadCode } from "./passes/dead_code.ts";
import { identities } from "./passes/identities.ts";
import { inPlace } from "./passes/in_place.ts";
import { delay } from "./passes/delay.ts";
import { lowPrecision } from "./passes/low_precision.ts";
import type { Pass } from "./passes/pass.ts";
import { orderedSums } from "./passes/ordered_sums.ts";
import { replicate } from "./passes/replicate.ts";
import { recompute } from "./passes/recompute.ts";
import { twinsFirst } from "./passes/twins_first.ts";

/** Passes that leave a program as it is defined: what is needed, once. */
export const DEFINING: readonly Pass[] = [
  deadCode,
  replicate,
  identities,
  commonSubexpressions,
  deadCode,
];

/** Passes of a program that is to run, in order. */
export const passesFor = (
  { activations, products }: Rounding,
): readonly Pass[] => [
  deadCode,
  replicate,
  identities,
  orderedSums,
  ...(activations === "bfloat16" ? [lowPrecision(products), deadCode] : []),
  commonSubexpressions,
  recompute,
  inPlace,
  twinsFirst,
  delay,
  deadCode,
];

/**
 * Runs passes over a program and verifies it after each.
 *
 * @param observe Sees the program after each pass, for `ir`.
 */
export function optimize(
  program: Program,
  passes: readonly Pass[] = passesFor(FLOAT32),
  observe?: (pass: string, program: Program) => void,
): Program {
  let current = program;
  observe?.("trace", current);
  for (const pass of passes) {
    current = pass.run(current);
    verify(current, pass.name);
    observe?.(pass.name, current);
  }
  return current;
}
