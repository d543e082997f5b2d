/** @file What a file says over what its base says. */
import { isRecord } from "../../diagnostics/validate.ts";

/**
 * Maps merge key by key; everything else, a list too, replaces; `null` takes
 * a key of the base away. Where the base has no such key, `null` stays.
 */
export function merge(base: unknown, over: unknown): unknown {
  if (!isRecord(base) || !isRecord(over)) return over;
  const merged = new Map(Object.entries(base));
  for (const [key, value] of Object.entries(over)) {
    if (!merged.has(key)) merged.set(key, value);
    else if (value === null) merged.delete(key);
    else merged.set(key, merge(merged.get(key), value));
  }
  return Object.fromEntries(merged);
}
