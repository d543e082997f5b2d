/** @file What the files of a run tell, for a report: nothing is computed anew but the rules of the monitors. */
import { basename, dirname, join } from "node:path";
import { readRecord, RUN_FILES } from "../checkpoint/run_record.ts";
import { UserError } from "../errors.ts";
import { type Diagram, diagramOf } from "../graph/draw/diagram.ts";
import type { Columns } from "../look/columns.ts";
import { Judge, judgeFacts } from "../look/judged.ts";
import {
  flattened,
  readSummary,
  runsBelow,
  type RunSummary,
} from "../look/list_runs.ts";
import { MetricsReader } from "../look/metrics_reader.ts";
import { readSpectra, type Spectrum } from "../look/spectra.ts";
import { type LoadOptions, loadPipeline } from "../pipeline/load.ts";
import { readRegularText } from "../regular_file.ts";

/** A run, as its files tell of it. */
export interface ReadRun {
  readonly folder: string;
  /** Tells runs apart in a report. */
  readonly name: string;
  /** Values of its pipeline by dotted path. */
  readonly settings: Readonly<Record<string, string>>;
  /** The text of its pipeline. */
  readonly pipeline: string;
  readonly columns: Columns;
  readonly spectra: readonly Spectrum[];
  /** Absent where the run has not ended. */
  readonly summary?: RunSummary;
  /** Absent where its pipeline cannot be read here. */
  readonly method?: {
    readonly diagram: Diagram;
    /** Thresholds, alarms and falls, found again. */
    readonly judge: Judge;
  };
  /** Why something is missing, a sentence each. */
  readonly notes: readonly string[];
}

/** More runs cannot be told apart by colour. */
const MOST_RUNS = 12;

/**
 * The runs that some folders name: a run itself, or a folder of runs, such as a
 * sweep.
 *
 * @throws {UserError} When there are none, or too many for one page.
 */
export async function runsIn(
  folders: readonly string[],
): Promise<readonly string[]> {
  const found: string[] = [];
  for (const folder of folders) {
    const below: string[] = [];
    try {
      for await (const { path } of runsBelow(folder)) below.push(path);
    } catch {
      // What it is not is told below.
    }
    if (below.length === 0) await readRecord(folder);
    found.push(...below.sort());
  }
  const runs = [...new Set(found)];
  if (runs.length > MOST_RUNS) {
    throw new UserError(
      `Cannot report on ${runs.length} runs on one page: ${MOST_RUNS} are the most.\nName those that are to be compared.`,
    );
  }
  return runs;
}

/** `simsiam/2026-01-31T12-00-00`, or a sweep's point. */
const nameOf = (folder: string): string =>
  `${basename(dirname(folder))}/${basename(folder)}`;

/**
 * Reads a run.
 *
 * @throws {UserError} When the folder is not that of a run.
 */
export async function readRun(
  folder: string,
  options: Pick<LoadOptions, "onModule"> = {},
): Promise<ReadRun> {
  const { baseDir, pipeline } = await readRecord(folder);
  const file = join(folder, RUN_FILES.pipeline);
  const columns = await new MetricsReader(join(folder, RUN_FILES.metrics))
    .readAll();
  const summary = await readSummary(folder);
  const notes: string[] = [];
  let method: ReadRun["method"];
  try {
    const loaded = await loadPipeline(file, { ...options, baseDir });
    const judge = new Judge(judgeFacts(loaded));
    judge.take(columns);
    const { name } = loaded.pipeline;
    method = { diagram: diagramOf(name, loaded.graph), judge };
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    notes.push(
      `The method is not drawn, and no threshold is known: ${
        error.message.split("\n")[0]
      }`,
    );
  }
  if (!summary) {
    notes.push(
      "The run has not ended: it has no summary.json that can be read.",
    );
  }
  if (columns.rows === 0) notes.push("The run has no metrics yet.");
  return {
    folder,
    name: nameOf(folder),
    settings: flattened(pipeline),
    pipeline: await readRegularText(file).catch(() => ""),
    columns,
    spectra: await readSpectra(folder),
    ...(summary ? { summary } : {}),
    ...(method ? { method } : {}),
    notes,
  };
}

/** Settings in which runs differ, by path: one value a run. */
export function differences(
  runs: readonly Pick<ReadRun, "settings">[],
): Readonly<Record<string, readonly string[]>> {
  const paths = new Set(runs.flatMap(({ settings }) => Object.keys(settings)));
  return Object.fromEntries(
    [...paths].sort().flatMap((path) => {
      const values = runs.map(({ settings }) => settings[path] ?? "–");
      return new Set(values).size > 1 ? [[path, values]] : [];
    }),
  );
}
