/** @file What turns one plain value into another, as a point of a sweep writes it. */
import { isRecord } from "./validate.ts";

type Changes = Readonly<Record<string, unknown>>;

const same = (a: unknown, b: unknown): boolean =>
  JSON.stringify(a) === JSON.stringify(b);

/**
 * Changes by dotted path that make `after` of `before` when a point lays them
 * over it: `null` removes. What a new key holds is written whole.
 */
export function plainChanges(
  before: Changes,
  after: Changes,
  start = "",
): Changes {
  const changes = new Map<string, unknown>();
  for (const key of new Set([...Object.keys(before), ...Object.keys(after)])) {
    const [old, now] = [before[key], after[key]];
    if (same(old, now)) continue;
    const path = start === "" ? key : `${start}.${key}`;
    if (!Object.hasOwn(after, key)) changes.set(path, null);
    else if (isRecord(old) && isRecord(now)) {
      const inner = plainChanges(old, now, path);
      for (const [to, value] of Object.entries(inner)) changes.set(to, value);
    } else if (!Object.hasOwn(before, key) && key.includes(".")) {
      // A dot in a new name would be taken for a step of the path.
      const whole = changes.get(start);
      changes.set(start, { ...isRecord(whole) ? whole : {}, [key]: now });
    } else changes.set(path, now);
  }
  return Object.fromEntries(changes);
}
