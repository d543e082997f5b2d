/** @file The folder of a sweep: its record, and a folder for each point. */
import { command } from "../command.ts";
import { join } from "node:path";
import { stringify } from "yaml";
import { z } from "zod";
import { writeAtomic } from "../checkpoint/write_atomic.ts";
import { UserError } from "../errors.ts";
import type { Alarm } from "../monitor/watch.ts";
import type { LoadedPipeline, LoadOptions } from "../pipeline/load.ts";
import { plainSweep, pointChanges } from "../pipeline/explain/plain_sweep.ts";
import { type Plain, resolve } from "../pipeline/explain/resolve.ts";
import type { Figure, Paper } from "../pipeline/sweep/sweep.ts";
import { pointFolder } from "../pipeline/sweep/sweep_names.ts";
import { readRegularText } from "../regular_file.ts";
import { reopen } from "./resume.ts";
import {
  newFolder,
  readOrigin,
  RUN_FILES,
  RunFolder,
  unwritable,
} from "./run_folder.ts";
import type { RunSettings } from "./run_settings.ts";
import type { Summary } from "./summary.ts";

/** Names of a sweep's own files. */
export const SWEEP_FILES = {
  record: "sweep.json",
  table: "table.md",
  pipeline: RUN_FILES.pipeline,
} as const;

/** How a point ended. */
export interface PointResult {
  /** `stopped` when it collapsed or diverged. */
  readonly end: "finished" | "stopped";
  /** What the point's `summary.json` holds. */
  readonly summary: Summary;
  /** Present when the run was stopped, or should have been. */
  readonly alarm?: Alarm;
}

/** A point, as the record of a sweep holds it. */
export interface PointRecord {
  /** Tells points apart. */
  readonly name: string;
  /** The name without its seed: points that differ in nothing else share it. */
  readonly row: string;
  /** Name of its folder within the sweep's. */
  readonly folder: string;
  /** What it changes, by dotted path, with nothing implied. */
  readonly changes: Plain;
  /** What a paper reports of it. */
  readonly paper?: Figure;
  /** Absent until it has ended. */
  readonly result?: PointResult;
}

/** Contents of `sweep.json`. */
export interface SweepRecord {
  /** The pipeline's name. */
  readonly pipeline: string;
  /** What the papers' figures are. */
  readonly paper: Paper;
  /** In the order in which they run. */
  readonly points: readonly PointRecord[];
}

const FORMAT = "stopgrad-sweep-1";

const alarm = z.looseObject({
  verdict: z.string(),
  step: z.number(),
  message: z.string(),
});

const recordSchema = z.object({
  format: z.literal(FORMAT),
  pipeline: z.string(),
  paper: z.object({
    figure: z.string().optional(),
    unit: z.string().optional(),
    source: z.string().optional(),
  }),
  points: z.array(z.object({
    name: z.string(),
    row: z.string(),
    // A name and no path: nothing outside of the sweep is touched.
    folder: z.string().regex(/^\d+(-[\w.=-]*)?$/),
    changes: z.record(z.string(), z.unknown()),
    paper: z.union([z.number(), z.string()]).optional(),
    result: z.object({
      end: z.enum(["finished", "stopped"]),
      summary: z.looseObject({ verdict: z.string() }),
      alarm: alarm.optional(),
    }).optional(),
  })),
});

/** A sweep that can be run, or go on. */
export interface OpenSweep {
  /** The sweep's folder. */
  readonly folder: string;
  readonly record: SweepRecord;
  /** Pipelines of the points that have not ended, by name. */
  readonly pipelines: ReadonlyMap<string, LoadedPipeline>;
  /** Of the points that have begun. */
  readonly settings: Partial<RunSettings>;
}

/** What the points that have begun were computed with, the first above all. */
async function settingsOf(
  folder: string,
  { points }: SweepRecord,
): Promise<Partial<RunSettings>> {
  const each = await Promise.all(
    points.map(({ folder: own }) =>
      readOrigin(join(folder, own)).catch(() => undefined)
    ),
  );
  return Object.assign({}, ...each.map((one) => one?.settings).reverse());
}

/** Whether a folder is that of a sweep. */
export async function isSweep(folder: string): Promise<boolean> {
  try {
    return (await Deno.stat(join(folder, SWEEP_FILES.record))).isFile;
  } catch {
    return false;
  }
}

/** The record of a sweep that has not begun. */
export function newRecord(loaded: LoadedPipeline): SweepRecord {
  const changes = pointChanges(loaded);
  return {
    pipeline: loaded.pipeline.name,
    paper: loaded.sweep?.paper ?? {},
    points: loaded.sweep?.points.map(({ name, row, paper }, i) => ({
      name,
      row,
      folder: pointFolder(name, i),
      changes: changes.get(name) ?? {},
      ...(paper === undefined ? {} : { paper }),
    })) ?? [],
  };
}

/**
 * Starts a new folder with the folders of all points in it.
 *
 * @throws {UserError} When it cannot be written.
 */
export async function createSweep(
  runsDir: string,
  loaded: LoadedPipeline,
  record: SweepRecord,
): Promise<string> {
  try {
    const folder = await newFolder(runsDir, record.pipeline);
    const whole = { ...resolve(loaded.pipeline), sweep: plainSweep(loaded) };
    await Deno.writeTextFile(
      join(folder, SWEEP_FILES.pipeline),
      `# Every value of this sweep; presets and defaults are written out.\n${
        stringify(whole)
      }`,
    );
    for (const [i, point] of loaded.sweep?.points.entries() ?? []) {
      const path = join(folder, record.points[i]?.folder ?? "");
      await Deno.mkdir(path);
      const { pipeline, baseDir } = point.loaded;
      await (await RunFolder.begin(path, pipeline, { baseDir })).close();
    }
    await writeRecord(folder, record);
    return folder;
  } catch (error) {
    throw unwritable(runsDir, error);
  }
}

/** Writes `sweep.json`. */
export async function writeRecord(
  folder: string,
  record: SweepRecord,
): Promise<void> {
  const text = JSON.stringify({ format: FORMAT, ...record }, null, 2);
  await writeAtomic(
    join(folder, SWEEP_FILES.record),
    new TextEncoder().encode(`${text}\n`),
  );
}

/**
 * Reads a sweep with the pipelines of the points that have not ended; all of
 * them are checked before the first goes on.
 *
 * @throws {UserError} When it is not a sweep, or a point was changed.
 */
export async function openSweep(
  folder: string,
  options: Pick<LoadOptions, "onModule"> = {},
): Promise<OpenSweep> {
  const record = await readRecord(folder);
  const pipelines = new Map<string, LoadedPipeline>();
  const problems: string[] = [];
  for (const { name, folder: own, result } of record.points) {
    if (result) continue;
    try {
      const { loaded, changes } = await reopen(join(folder, own), options);
      if (changes.length > 0) {
        problems.push(`The point "${name}" was changed:`);
        problems.push(...changes.map((change) => `  ${change}`));
      }
      pipelines.set(name, loaded);
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      problems.push(error.message);
    }
  }
  if (problems.length === 0) {
    const settings = await settingsOf(folder, record);
    return { folder, record, pipelines, settings };
  }
  throw new UserError(
    [
      `Cannot resume the sweep "${folder}":`,
      ...problems,
      `Undo the changes, or start it anew with \`${command("run")}\`.`,
    ].join("\n"),
  );
}

async function readRecord(folder: string): Promise<SweepRecord> {
  const file = join(folder, SWEEP_FILES.record);
  try {
    const { format: _, ...record } = recordSchema.parse(
      JSON.parse(await readRegularText(file)),
    );
    return record as unknown as SweepRecord;
  } catch (error) {
    const reason = error instanceof z.ZodError
      ? error.issues.map(({ path, message }) => `${path.join(".")}: ${message}`)
        .join("; ")
      : error instanceof Error
      ? error.message
      : String(error);
    throw new UserError(
      `Cannot read the sweep "${folder}": ${SWEEP_FILES.record} is damaged: ${reason}.\nStart it anew with \`${
        command("run")
      }\`.`,
    );
  }
}
