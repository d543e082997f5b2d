/** @file A sweep: the runs of its points, one after another, and their table. */
import { command } from "../command.ts";
import { join } from "node:path";
import { writeAtomic } from "../checkpoint/write_atomic.ts";
import type { Refused } from "../checkpoint/store.ts";
import { UserError } from "../errors.ts";
import type { LoadedPipeline, LoadOptions } from "../pipeline/load.ts";
import type { TrainEvent } from "./events.ts";
import { writingSweep } from "./run_errors.ts";
import type { ResumePoint } from "./resume_point.ts";
import { readOrigin, RunFolder } from "./run_folder.ts";
import { type RunSettings, settingsOnward } from "./run_settings.ts";
import {
  createSweep,
  newRecord,
  openSweep,
  type PointRecord,
  SWEEP_FILES,
  type SweepRecord,
  writeRecord,
} from "./sweep_folder.ts";
import { sweepMarkdown } from "./sweep_table.ts";
import type { TrainResult } from "./summary.ts";
import { train, type TrainOptions } from "./train.ts";

/** What happens in a sweep, as it happens. */
export type SweepEvent =
  | {
    /** A point begins, or goes on. */
    readonly kind: "point";
    readonly point: PointRecord;
    /** From 1. */
    readonly number: number;
    /** Points of the sweep. */
    readonly count: number;
    /** Steps that were done before. */
    readonly done: number;
    /** Checkpoints that were passed over, and why. */
    readonly refused: readonly Refused[];
  }
  | { readonly kind: "run"; readonly event: TrainEvent }
  | { readonly kind: "done"; readonly result: SweepResult };

/** How a sweep is done. */
export interface SweepOptions extends
  Pick<
    TrainOptions,
    "runsDir" | "device" | "threads" | "replicas" | "eager" | "xla" | "signal"
  > {
  /** Called as things happen. */
  readonly onEvent?: (event: SweepEvent) => void;
}

/** How a sweep ended. */
export interface SweepResult {
  /** The sweep's folder; absent when it ended before there was one. */
  readonly folder?: string;
  /** What `sweep.json` holds. */
  readonly record: SweepRecord;
  /** `interrupted` sweeps can be resumed. */
  readonly end: "finished" | "interrupted";
}

/**
 * Runs every point of a pipeline's sweep. A point that collapses and is
 * stopped is a result like any other.
 *
 * @example
 * ```ts
 * import { buildPipeline, sweep, sweepMarkdown } from "stopgrad";
 *
 * const loaded = buildPipeline({
 *   data: { source: "photos", batch: 32 },
 *   stages: {
 *     views: { augment: "simclr", of: "image" },
 *     y: { encode: "resnet", of: "views", width: 8, blocks: [1] },
 *     loss: { loss: "nt_xent", between: ["y", "y"] },
 *   },
 *   train: { steps: 2, optimizer: { sgd: { lr: 0.1 } } },
 *   evaluate: false,
 *   sweep: { grid: { "stages.loss.temperature": [0.1, 0.5] } },
 * });
 * const { record } = await sweep(loaded, { runsDir: await Deno.makeTempDir() });
 * for (const { name, result } of record.points) {
 *   console.log(name, result?.summary.loss, result?.summary.verdict);
 * }
 * console.log(sweepMarkdown(record));
 * ```
 * @throws {UserError} When the pipeline has no sweep, or data or engine cannot be had.
 */
export async function sweep(
  loaded: LoadedPipeline,
  options: SweepOptions = {},
): Promise<SweepResult> {
  const { sweep, pipeline } = loaded;
  if (!sweep) {
    throw new UserError(
      `Cannot sweep: the pipeline "${pipeline.name}" has no "sweep".`,
    );
  }
  const record = newRecord(loaded);
  return await runPoints({
    record,
    pipelines: new Map(
      sweep.points.map(({ name, loaded }) => [name, loaded]),
    ),
    settings: {},
    create: () => createSweep(options.runsDir ?? "runs", loaded, record),
  }, options);
}

/**
 * Goes on with a sweep: what has ended is not done again, what was cut off
 * goes on from its newest whole checkpoint, computed as the sweep was begun.
 *
 * @param folder The sweep's folder.
 * @throws {UserError} When it is not a sweep, or a point was changed.
 */
export async function resumeSweep(
  folder: string,
  options:
    & Omit<SweepOptions, "runsDir" | "eager" | "xla">
    & Pick<LoadOptions, "onModule"> = {},
): Promise<SweepResult> {
  return await runPoints(await openSweep(folder, options), options);
}

/** A sweep to run. */
interface Work {
  readonly record: SweepRecord;
  /** Pipelines of the points that have not ended, by name. */
  readonly pipelines: ReadonlyMap<string, LoadedPipeline>;
  /** Of the points that have begun: all points round alike. */
  readonly settings: Partial<RunSettings>;
  /** The sweep's folder, where there is one. */
  readonly folder?: string;
  /** Makes it. */
  readonly create?: () => Promise<string>;
}

/** The newest checkpoint of a point that was cut off. */
async function checkpointOf(
  folder: string,
  { pipeline }: LoadedPipeline,
): Promise<{ resume?: ResumePoint; refused: readonly Refused[] }> {
  const origin = await readOrigin(folder);
  const { checkpoints } = RunFolder.open(folder, pipeline, origin.id);
  const { entry, values, refused } = await checkpoints.newest();
  return entry && values
    ? { resume: { folder, origin, checkpoint: { entry, values } }, refused }
    : { refused };
}

async function runPoints(
  { record: start, pipelines, settings, folder: known, create }: Work,
  { onEvent = () => {}, runsDir: _, ...options }: SweepOptions,
): Promise<SweepResult> {
  let folder = known;
  let record = start;
  let end: SweepResult["end"] = "finished";
  for (const [i, point] of record.points.entries()) {
    const loaded = pipelines.get(point.name);
    if (point.result || !loaded) continue;
    if (options.signal?.aborted) {
      end = "interrupted";
      break;
    }
    const { resume, refused } = folder === undefined
      ? { refused: [] }
      : await checkpointOf(join(folder, point.folder), loaded);
    onEvent({
      kind: "point",
      point,
      number: i + 1,
      count: record.points.length,
      done: resume?.checkpoint?.entry.step ?? 0,
      refused,
    });
    const result = await trainPoint(loaded, point, {
      ...options,
      ...settingsOnward({ ...settings, ...resume?.origin.settings }, options),
      ...(resume ? { resume } : {}),
      toCome: record.points.filter((one, at) => at > i && !one.result).length,
      // Nothing is written until the first point's data are at hand.
      folder: async () =>
        join(folder ??= await create?.() as string, point.folder),
      onEvent: (event) => onEvent({ kind: "run", event }),
    }, () => folder);
    if (!result || result.end === "interrupted") {
      end = "interrupted";
      break;
    }
    const { summary, alarm } = result;
    const ended = {
      ...point,
      result: { end: result.end, summary, ...(alarm ? { alarm } : {}) },
    };
    record = {
      ...record,
      points: record.points.map((one, at) => at === i ? ended : one),
    };
    await writeResults(folder as string, record);
  }
  const result = {
    record,
    end,
    ...(folder === undefined ? {} : { folder }),
  };
  onEvent({ kind: "done", result });
  return result;
}

/**
 * Trains a point; undefined where it was interrupted before its first step. A
 * failure in a later point must not lose those before it.
 */
async function trainPoint(
  loaded: LoadedPipeline,
  { name }: PointRecord,
  options: TrainOptions,
  folder: () => string | undefined,
): Promise<TrainResult | undefined> {
  const { signal } = options;
  try {
    return await train(loaded, options);
  } catch (error) {
    if (signal?.aborted && error === signal.reason) return undefined;
    if (!(error instanceof UserError)) throw error;
    const kept = folder();
    throw new UserError(
      `${error.message}\nThis was the point "${name}" of the sweep.${
        kept === undefined ? "" : ` To go on: ${command(`resume ${kept}`)}`
      }`,
    );
  }
}

function writeResults(folder: string, record: SweepRecord): Promise<void> {
  return writingSweep(folder, async () => {
    await writeRecord(folder, record);
    await writeAtomic(
      join(folder, SWEEP_FILES.table),
      new TextEncoder().encode(sweepMarkdown(record)),
    );
  });
}
