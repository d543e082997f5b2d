/** @file What the key of a stage says of it. */
import type { StageKind } from "../stages/define.ts";
import type { Stage } from "./pipeline.ts";

/** The kind of a stage: that of the key it was written with. */
export function kindOf({ key, definition }: Stage): StageKind {
  const kind = definition.kinds.find((one) => one.key === key);
  if (!kind) throw new Error(`internal: no kind "${key}"`);
  return kind;
}

/** Whether an option of a stage is that of `train.ema`. */
export const takesMomentum = ({ definition, options }: Stage): boolean =>
  Object.keys(definition.inherits ?? {}).some((option) =>
    (options as Readonly<Record<string, unknown>>)[option] === undefined
  );

/** Whether the key's value names a definition. */
export const isNamed = ({ value = "name" }: StageKind): boolean =>
  value === "name";
