/** @file A section of a pipeline as a map. */
import type { Findings } from "../../diagnostics/diagnostic.ts";
import { isRecord, show } from "../../diagnostics/validate.ts";

/** A section that must be a map. */
export function section(
  value: unknown,
  name: string,
  example: string,
  findings: Findings,
): Record<string, unknown> | undefined {
  if (isRecord(value)) return value;
  const missing = value === undefined || value === null;
  findings.error(
    missing ? "missing-key" : "wrong-type",
    [name],
    missing
      ? `Cannot train without "${name}"`
      : `Cannot use ${show(value)} as "${name}": expected a map`,
    { at: missing ? "key" : "value", hints: [`for example ${example}`] },
  );
  return undefined;
}
