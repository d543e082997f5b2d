/** @file The order of the passes. */
import type { Program } from "../ir/graph.ts";
import { verify } from "../ir/verify.ts";
import { commonSubexpressions } from "./passes/common_subexpressions.ts";
import { deadCode } from "./passes/dead_code.ts";
import { identities } from "./passes/identities.ts";
import { late } from "./passes/late.ts";
import { lowPrecision } from "./passes/low_precision.ts";
import type { Pass } from "./passes/pass.ts";

/** Passes of a program, in order, by the precision that is asked for. */
export const PASSES: Readonly<
  Record<"float32" | "bfloat16", readonly Pass[]>
> = {
  float32: [deadCode, identities, commonSubexpressions, late, deadCode],
  bfloat16: [
    deadCode,
    identities,
    lowPrecision,
    commonSubexpressions,
    late,
    deadCode,
  ],
};

/**
 * Runs passes over a program and verifies it after each.
 *
 * @param observe Sees the program after each pass, for `ir`.
 */
export function optimize(
  program: Program,
  passes: readonly Pass[] = PASSES.float32,
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
