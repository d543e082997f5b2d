/** @file Where a value of a resolved pipeline was written. */
import type { Path } from "../diagnostics/diagnostic.ts";
import { isRecord } from "../diagnostics/validate.ts";

/** Where a value was written, if it was. */
export type Origin =
  /** In the file, or by an override, at this path. */
  | { readonly kind: "written"; readonly path: Path }
  | { readonly kind: "preset"; readonly name: string }
  | { readonly kind: "default" };

/** A part of what was written, as one walks down a resolved path. */
export interface Place {
  readonly value: unknown;
  readonly origin: Origin;
}

/** What is not written anywhere. */
export const NOWHERE: Place = {
  value: undefined,
  origin: { kind: "default" },
};

/** The part below a key, where there is one. */
export function below({ value, origin }: Place, key: string | number): Place {
  const inner = Array.isArray(value)
    ? value[Number(key)]
    : isRecord(value)
    ? value[key]
    : undefined;
  if (inner === undefined) {
    // `cosine` is short for `{ cosine: {} }`.
    return value === key ? { value: {}, origin } : NOWHERE;
  }
  return {
    value: inner,
    origin: origin.kind === "written"
      ? { kind: "written", path: [...origin.path, key] }
      : origin,
  };
}
