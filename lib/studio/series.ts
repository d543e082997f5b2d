/** @file Curves of a run by what the page asks for: columns, a range, an axis, a width. */
import type { Columns } from "../look/columns.ts";
import { stepsPerEpoch } from "../look/judged.ts";
import { type Buckets, bucketsOf } from "../look/draw/buckets.ts";
import { PACE } from "../look/charts.ts";

/** What runs along the bottom of a chart. */
export const AXES = ["step", "epoch", "seconds"] as const;

/** One of {@linkcode AXES}. */
export type Axis = typeof AXES[number];

/** Steps over which images a second are counted. */
const PACE_STEPS = 20;

/** What a run is beside its metrics. */
export interface RunSize {
  readonly batch: number;
  /** Steps and seconds of the whole run, where its summary tells them. */
  readonly steps?: number;
  readonly seconds?: number;
  readonly epochs?: number;
}

/** Images a second at each row; NaN where the clock began anew. */
export function paceOf(columns: Columns, batch: number): Float32Array {
  const { steps } = columns;
  const seconds = columns.get("seconds");
  const pace = new Float32Array(columns.rows).fill(NaN);
  for (let row = 1; row < columns.rows; row++) {
    const from = Math.max(0, row - PACE_STEPS);
    const time = (seconds?.[row] as number) - (seconds?.[from] as number);
    const done = (steps[row] as number) - (steps[from] as number);
    if (time > 0) pace[row] = batch * done / time;
  }
  return pace;
}

/** A column, or what is computed from some. */
export const valuesOf = (
  columns: Columns,
  key: string,
  { batch }: RunSize,
): Float32Array | undefined =>
  key === PACE ? paceOf(columns, batch) : columns.get(key);

/**
 * The places of all rows along an axis.
 *
 * @returns Rising numbers; where the metrics do not tell them, an estimate from
 *   the whole run's, or nothing.
 */
export function placesOf(
  columns: Columns,
  axis: Axis,
  { steps: total, seconds, epochs }: RunSize,
): ArrayLike<number> | undefined {
  const { steps } = columns;
  if (axis === "step") return steps;
  const own = columns.get(axis);
  if (axis === "epoch") {
    // float32 would make neighbours of a long run equal.
    const each = stepsPerEpoch(columns) ??
      (total && epochs ? total / epochs : undefined);
    return each ? steps.map((step) => step / each) : undefined;
  }
  if (own) {
    // A clock that began anew goes on from where it was.
    let [base, last] = [0, 0];
    return Float64Array.from(own, (value) => {
      if (!Number.isFinite(value)) return base + last;
      if (value < last) base += last;
      last = value;
      return base + value;
    });
  }
  return total && seconds
    ? steps.map((step) => step * seconds / total)
    : undefined;
}

/** What is asked for. */
export interface SeriesRequest {
  readonly keys: readonly string[];
  readonly axis: Axis;
  readonly width: number;
  readonly range?: readonly [number, number];
}

/** Least and largest value of each pixel, by column. */
export function seriesOf(
  columns: Columns,
  size: RunSize,
  { keys, axis, width, range }: SeriesRequest,
): Readonly<Record<string, Buckets>> {
  const places = placesOf(columns, axis, size);
  if (!places) return {};
  return Object.fromEntries(keys.flatMap((key) => {
    const values = valuesOf(columns, key, size);
    return values ? [[key, bucketsOf(places, values, width, range)]] : [];
  }));
}

/** Steps of a clock, between which it is taken to go evenly. */
const CLOCK_POINTS = 200;

/** Some steps with the seconds at which they were done. */
export function clockOf(
  columns: Columns,
  size: RunSize,
): readonly (readonly [step: number, seconds: number])[] {
  const places = placesOf(columns, "seconds", size);
  if (!places) return [];
  const { steps, rows } = columns;
  const every = Math.max(1, Math.ceil(rows / CLOCK_POINTS));
  const points: [number, number][] = [];
  for (let row = 0; row < rows; row++) {
    if (row % every !== 0 && row !== rows - 1) continue;
    points.push([steps[row] as number, places[row] as number]);
  }
  return points;
}
