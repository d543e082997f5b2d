/** @file A sweep back to plain data, its grid and its variables written out. */
import type { LoadedPipeline } from "../load.ts";
import { type OutlinedSweep, outlineSweep } from "./outline.ts";
import { type Plain, resolve } from "./resolve.ts";
import { isRecord } from "../../diagnostics/validate.ts";
import { escapeVariables } from "../language/variables.ts";

const same = (a: unknown, b: unknown): boolean =>
  JSON.stringify(a) === JSON.stringify(b);

/**
 * Changes by dotted path that make `after` of `before` when a point lays them
 * over it: `null` removes. What a new key holds is written whole.
 */
function plainChanges(
  before: Plain,
  after: Plain,
  start = "",
): Plain {
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

/** What each point changes, by its name, with nothing implied. */
function changesOf(
  base: Plain,
  { points }: OutlinedSweep,
): ReadonlyMap<string, Plain> {
  return new Map(
    points.map(({ name, changes, resolved }) => [name, {
      ...plainChanges(base, resolved),
      // A seed tells repeats of a point apart, even one that changes nothing.
      ...(changes.some(({ key }) => key === "seed")
        ? { seed: resolved["seed"] }
        : {}),
    }]),
  );
}

/** What each point of a sweep changes, by its name. */
export function pointChanges(
  { pipeline, sweep }: Pick<LoadedPipeline, "pipeline" | "sweep">,
): ReadonlyMap<string, Plain> {
  return sweep ? changesOf(resolve(pipeline), outlineSweep(sweep)) : new Map();
}

/** What stands under `sweep` in a file that holds the same points. */
export function plainPoints(base: Plain, sweep: OutlinedSweep): Plain {
  const changes = changesOf(base, sweep);
  return escapeVariables({
    ...(Object.keys(sweep.paper).length > 0 ? { paper: sweep.paper } : {}),
    points: Object.fromEntries(
      sweep.points.map(({ name, paper }) => [name, {
        ...changes.get(name),
        ...(paper === undefined ? {} : { paper }),
      }]),
    ),
  });
}

/** The same of a loaded pipeline; `undefined` where it has no sweep. */
export function plainSweep(
  { pipeline, sweep }: Pick<LoadedPipeline, "pipeline" | "sweep">,
): Plain | undefined {
  return sweep && plainPoints(resolve(pipeline), outlineSweep(sweep));
}
