/** @file The runs below a folder, and what their small files say of them. */
import { join } from "node:path";
import { z } from "zod";
import { RUN_FILES } from "../checkpoint/run_record.ts";
import { readRegularText } from "../regular_file.ts";

export { flattened } from "../flattened.ts";

const number = z.number().nullable();

const alarmSchema = z.object({
  verdict: z.string(),
  step: z.number(),
  stage: z.string().default(""),
  figure: z.string().default(""),
  value: number.default(null),
  threshold: z.number().optional(),
  message: z.string(),
  cures: z.array(z.string()).default([]),
  action: z.string().default("warn"),
});

const scoresSchema = z.object({ knn: number, linear: number });

const fallSchema = z.object({
  step: z.number(),
  figure: z.string(),
  message: z.string(),
});

const interval = z.tuple([z.number(), z.number()]).optional().catch(undefined);

const summarySchema = z.looseObject({
  pipeline: z.string(),
  steps: z.number(),
  epochs: z.number(),
  seconds: z.number(),
  images_per_second: number.optional(),
  loss: number,
  knn: number,
  linear: number,
  knn_interval: interval,
  linear_interval: interval,
  // That of a classifier in the pipeline, such as a fine-tuned run's.
  accuracy: number.optional(),
  accuracy_interval: interval,
  embedding_std: number.optional(),
  verdict: z.string(),
  signals: z.record(z.string(), number).optional(),
  // One alarm that is none does not hide the scores.
  alarms: z.array(alarmSchema).optional().catch(undefined),
  falls: z.array(fallSchema).optional().catch(undefined),
  judged_from: z.number().optional().catch(undefined),
  last_healthy: scoresSchema.extend({ step: z.number() }).optional()
    .catch(undefined),
  compared: z.object({
    watched: scoresSchema.extend({ stage: z.string() }).optional(),
    untrained: scoresSchema,
    chance: z.number(),
  }).optional().catch(undefined),
  last_healthy_checkpoint: z.string().nullable().optional(),
  engine: z.string().optional(),
  device: z.string().optional(),
  note: z.string().optional(),
});

const originSchema = z.object({
  baseDir: z.string().default(""),
  pipeline: z.record(z.string(), z.unknown()).default({}),
});

/** What `summary.json` says; more may stand in it. */
export type RunSummary = z.infer<typeof summarySchema>;

/** An alarm, as `summary.json` tells of it. */
export type RunAlarm = z.infer<typeof alarmSchema>;

/** A run's place and what its small files say; what they do not is absent. */
export interface FoundRun {
  /** Its folder. */
  readonly path: string;
  /** When `run.json` was written, in milliseconds. */
  readonly time: number;
  /** Absent until the run has ended. */
  readonly summary?: RunSummary;
}

/** The resolved pipeline of a run, and the folder that its paths start from. */
export interface RunSettingsFile {
  readonly baseDir: string;
  readonly pipeline: Readonly<Record<string, unknown>>;
}

async function parsed<T>(
  path: string,
  schema: z.ZodType<T>,
): Promise<T | undefined> {
  try {
    return schema.parse(JSON.parse(await readRegularText(path)));
  } catch {
    return undefined;
  }
}

/** What a run's `summary.json` says; nothing where there is none, or a damaged one. */
export const readSummary = (run: string): Promise<RunSummary | undefined> =>
  parsed(join(run, RUN_FILES.summary), summarySchema);

/** What a run's `run.json` says of its pipeline; nothing where it is damaged. */
export const readSettings = (
  run: string,
): Promise<RunSettingsFile | undefined> =>
  parsed(join(run, RUN_FILES.origin), originSchema);

/** Runs below a folder; those of a sweep lie deeper. */
export async function* runsBelow(folder: string): AsyncGenerator<FoundRun> {
  const entries = await Array.fromAsync(Deno.readDir(folder));
  const origin = entries.find(({ name, isFile }) =>
    isFile && name === RUN_FILES.origin
  );
  if (origin) {
    const { mtime } = await Deno.stat(join(folder, RUN_FILES.origin));
    const summary = await readSummary(folder);
    yield {
      path: folder,
      time: mtime?.getTime() ?? 0,
      ...(summary ? { summary } : {}),
    };
    return;
  }
  for (const { name, isDirectory } of entries) {
    if (isDirectory) yield* runsBelow(join(folder, name));
  }
}
