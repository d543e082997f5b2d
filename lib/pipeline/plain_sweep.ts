/** @file A sweep back to plain data, its grid and its variables written out. */
import type { LoadedPipeline, LoadedPoint } from "./load.ts";
import { type Plain, resolve } from "./resolve.ts";
import { isRecord } from "../diagnostics/validate.ts";
import { escapeVariables } from "./variables.ts";

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
export function pointChanges(
  { pipeline, sweep }: Pick<LoadedPipeline, "pipeline" | "sweep">,
): ReadonlyMap<string, Plain> {
  const base = resolve(pipeline);
  const changesOf = ({ changes, loaded }: LoadedPoint): Plain => ({
    ...plainChanges(base, resolve(loaded.pipeline)),
    // A seed tells repeats of a point apart, even one that changes nothing.
    ...(changes.some(({ key }) => key === "seed")
      ? { seed: loaded.pipeline.seed }
      : {}),
  });
  return new Map(
    sweep?.points.map((point) => [point.name, changesOf(point)]) ?? [],
  );
}

/** What stands under `sweep` in a file that holds the same points. */
export function plainSweep(
  loaded: Pick<LoadedPipeline, "pipeline" | "sweep">,
): Plain | undefined {
  const { sweep } = loaded;
  if (!sweep) return undefined;
  const changes = pointChanges(loaded);
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
