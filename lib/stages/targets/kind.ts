/** @file The key of targets: what a student is to match. */
import type { StageKind } from "../define.ts";

/** `target: <name>`. */
export const TARGET: StageKind = {
  key: "target",
  summary: "A target made of a teacher's outputs; no gradient flows",
  what: "the target",
  look: "value",
};
