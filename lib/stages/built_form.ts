/** @file Whether what a stage of the user's own builds is what a graph can read. */
import { isRecord, show } from "../diagnostics/validate.ts";
import type { BuiltStage, ValueKind } from "./define.ts";

const KINDS: Readonly<Record<ValueKind, true>> = {
  pixels: true,
  image: true,
  embedding: true,
  tokens: true,
  mask: true,
  label: true,
};

const isLength = (value: unknown): boolean =>
  Number.isInteger(value) && (value as number) > 0;

const isType = (value: unknown): boolean =>
  isRecord(value) && Object.hasOwn(KINDS, String(value["is"])) &&
  Array.isArray(value["shape"]) && value["shape"].every(isLength);

/** @throws {RangeError} Unless a value is a stage, built. */
export function expectBuilt(value: unknown): asserts value is BuiltStage {
  if (
    !isRecord(value) || typeof value["apply"] !== "function" ||
    !isRecord(value["outputs"])
  ) {
    throw new RangeError(
      `its build gives ${
        value instanceof Promise
          ? "a promise"
          : isRecord(value)
          ? "a map"
          : show(value)
      }: expected { outputs, apply }`,
    );
  }
  for (const [name, views] of Object.entries(value["outputs"])) {
    if (Array.isArray(views) && views.every(isType)) continue;
    throw new RangeError(
      `its build gives an output "${name}" of another form: expected a list with { is, shape } for each view, lengths being whole numbers from 1`,
    );
  }
}
