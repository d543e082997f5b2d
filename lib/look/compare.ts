/** @file Runs beside each other: what differs in them, and what became of them. */
import { command } from "../command.ts";
import { join } from "node:path";
import { readRecord, RUN_FILES } from "../checkpoint/run_record.ts";
import { UserError } from "../errors.ts";
import { flattened } from "../flattened.ts";
import type { Columns } from "./columns.ts";
import { readSummary, type RunSummary } from "./list_runs.ts";
import { MetricsReader } from "./metrics_reader.ts";

/** A run that is compared. */
export interface ComparedRun {
  /** Folder, as it was given. */
  readonly path: string;
  /** Its resolved pipeline, a value a key. */
  readonly settings: Readonly<Record<string, string>>;
  /** Absent until it has ended. */
  readonly summary?: RunSummary;
  readonly metrics: Columns;
}

/** A setting that is not the same in all runs; absent where a run has none. */
export interface Difference {
  readonly key: string;
  readonly values: readonly (string | undefined)[];
}

/** Axes that curves can be laid along. */
export const COMPARED_AXES = ["epoch", "step", "seconds"] as const;

/** One of {@linkcode COMPARED_AXES}. */
export type ComparedAxis = typeof COMPARED_AXES[number];

/**
 * Reads runs to compare.
 *
 * @throws {UserError} When there are fewer than two, one is named twice, or one
 *   is none.
 */
export async function readCompared(
  paths: readonly string[],
): Promise<readonly ComparedRun[]> {
  if (paths.length < 2) {
    throw new UserError(
      `Cannot compare one run: there is nothing beside it.\nGive two runs or more: ${
        command("compare")
      } RUN RUN...`,
    );
  }
  const places = await Promise.all(
    paths.map((path) => Deno.realPath(path).catch(() => path)),
  );
  const twice = paths.find((_, i) => places.indexOf(places[i] as string) !== i);
  if (twice !== undefined) {
    throw new UserError(
      `Cannot compare "${twice}" with itself: it is given twice.\nGive each run once.`,
    );
  }
  return await Promise.all(paths.map(readOne));
}

async function readOne(path: string): Promise<ComparedRun> {
  const { pipeline } = await readRecord(path);
  const summary = await readSummary(path);
  return {
    path,
    settings: flattened(pipeline),
    ...(summary ? { summary } : {}),
    metrics: await new MetricsReader(join(path, RUN_FILES.metrics)).readAll(),
  };
}

/** Settings that are not the same in all runs, in the order of the files. */
export function differencesOf(
  runs: readonly Pick<ComparedRun, "settings">[],
): readonly Difference[] {
  const keys = new Set(runs.flatMap(({ settings }) => Object.keys(settings)));
  return [...keys].map((key) => ({
    key,
    values: runs.map(({ settings }) => settings[key]),
  })).filter(({ values }) => new Set(values).size > 1);
}

/** A metric of all runs: its value at the end of each, where it has one. */
export interface EndValue {
  readonly key: string;
  readonly values: readonly (number | null)[];
}

/** Keys that say where a run stood. */
const PLACES = ["step", "epoch", "seconds"];

/** The newest value of each metric. */
export function endValues(
  runs: readonly Pick<ComparedRun, "metrics">[],
): readonly EndValue[] {
  const keys = new Set(runs.flatMap(({ metrics }) => metrics.keys));
  return [...keys].filter((key) => !PLACES.includes(key)).map((key) => ({
    key,
    values: runs.map(({ metrics }) => {
      const values = metrics.get(key) ?? new Float32Array();
      const last = values.findLast((value) => !Number.isNaN(value));
      return last !== undefined && Number.isFinite(last) ? last : null;
    }),
  }));
}

/** Points of a curve: means over equal parts of the axis. */
export type Curve = readonly (readonly [number, number])[];

/**
 * A metric of each run over one axis, no more than `width` points each.
 *
 * @returns Curves, empty for runs without it.
 */
export function curvesOf(
  runs: readonly Pick<ComparedRun, "metrics">[],
  key: string,
  axis: ComparedAxis,
  width: number,
): readonly Curve[] {
  const placed = runs.map(({ metrics }) => ({
    places: axis === "step" ? metrics.steps : metrics.get(axis),
    values: metrics.get(key),
  }));
  const end = Math.max(0, ...placed.map(({ places }) => places?.at(-1) ?? 0));
  return placed.map(({ places, values }) => {
    if (!places || !values) return [];
    const sums = new Map<number, { sum: number; count: number }>();
    for (let row = 0; row < values.length; row++) {
      const [place, value] = [places[row] as number, values[row] as number];
      if (!Number.isFinite(value) || !Number.isFinite(place)) continue;
      const part = Math.min(width - 1, Math.floor(width * place / end));
      const { sum, count } = sums.get(part) ?? { sum: 0, count: 0 };
      sums.set(part, { sum: sum + value, count: count + 1 });
    }
    return [...sums].map(([part, { sum, count }]) =>
      [(part + 0.5) * end / width, sum / count] as const
    );
  });
}
