/** @file Where in a document a stage stands. */
import type { Path } from "../diagnostics/diagnostic.ts";

/** Path of a stage, or of a part of it. */
export const at = (name: string, ...rest: (string | number)[]): Path => [
  "stages",
  name,
  ...rest,
];
