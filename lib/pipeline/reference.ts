/** @file References between stages: `z`, `z[1]`, `stop_gradient(z)`. */
import type { Findings, Path } from "./diagnostic.ts";
import type { Reference } from "./pipeline.ts";
import { show } from "./validate.ts";

/** Names that a stage can have. */
export const STAGE_NAME = /^[A-Za-z_][A-Za-z0-9_.-]*$/;

const PLAIN = /^([A-Za-z_][A-Za-z0-9_.-]*)(?:\[(\d{1,3})\])?$/;
const STOPPED = /^stop_gradient\(\s*(.*?)\s*\)$/;

/** Reads a reference; reports what cannot be one. */
export function readReference(
  value: unknown,
  path: Path,
  findings: Findings,
): Reference | undefined {
  if (typeof value === "string") {
    const stopped = STOPPED.exec(value.trim());
    const plain = PLAIN.exec(stopped?.[1] ?? value.trim());
    if (plain?.[1] !== undefined) {
      return {
        stage: plain[1],
        stopGradient: stopped !== null,
        ...(plain[2] === undefined ? {} : { view: Number(plain[2]) }),
      };
    }
  }
  findings.error(
    value === undefined ? "missing-key" : "wrong-type",
    path,
    value === undefined
      ? `Cannot do without "${path.at(-1)}"`
      : `Cannot read ${show(value)} as a reference to a stage`,
    {
      at: value === undefined ? "key" : "value",
      hints: ["expected `name`, `name[view]` or `stop_gradient(name)`"],
    },
  );
  return undefined;
}
