/** @file What a compiler pass is. */
import type { Program } from "../../ir/program.ts";

/** Rewrites a program into one that computes the same. */
export interface Pass {
  readonly name: string;
  readonly run: (program: Program) => Program;
}
