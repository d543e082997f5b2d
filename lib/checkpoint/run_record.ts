/** @file What a run's folder says of the run: its files, and how it is read without training. */
import { basename, dirname, join } from "node:path";
import { z } from "zod";
import { UserError } from "../errors.ts";
import { readRegularText } from "../regular_file.ts";

/** Names of the files of a run. */
export const RUN_FILES = {
  pipeline: "pipeline.yaml",
  metrics: "metrics.jsonl",
  spectrum: "spectrum.jsonl",
  summary: "summary.json",
  skipped: "skipped.jsonl",
  checkpoints: "checkpoints",
  origin: "run.json",
} as const;

/** No pipeline of ours is nested deeper. */
const DEEPEST = 64;

/** Whether what walks over a value will find the end of the stack. */
function isShallow(value: unknown): boolean {
  let level = [value];
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > DEEPEST) return false;
    level = level.flatMap((one) =>
      typeof one === "object" && one !== null ? Object.values(one) : []
    );
  }
  return true;
}

/** Of `run.json`, what it takes to read the run's pipeline and checkpoints. */
export const recordSchema = z.object({
  baseDir: z.string(),
  pipeline: z.unknown().refine(isShallow, "it is nested too deep"),
  id: z.string().default(""),
});

/** Of `run.json`, what it takes to read the run's pipeline and checkpoints. */
export type RunRecord = z.infer<typeof recordSchema>;

/** A run's folder, and the checkpoint that was named in it. */
export interface RunPlace {
  readonly folder: string;
  /** Name of a file in its `checkpoints/`. */
  readonly file?: string;
}

const isFile = async (path: string): Promise<boolean | undefined> =>
  (await Deno.stat(path).catch(() => undefined))?.isFile;

/** The run that a path names: its folder, or one of its checkpoints. */
export async function findRun(path: string): Promise<RunPlace> {
  if (!await isFile(path)) return { folder: path };
  const above = dirname(path);
  return basename(above) === RUN_FILES.checkpoints
    ? { folder: dirname(above), file: basename(path) }
    : { folder: above, file: basename(path) };
}

/**
 * What to name in place of a folder that is no run: the newest run in it, or in
 * the folders in it.
 */
export async function runInPlaceOf(folder: string): Promise<string> {
  const below = async (path: string, depth: number): Promise<string[]> => {
    if (await isFile(join(path, RUN_FILES.origin))) return [path];
    if (depth === 0) return [];
    const entries = await Array.fromAsync(Deno.readDir(path)).catch(() => []);
    return (await Promise.all(
      entries.filter((entry) => entry.isDirectory)
        .map(({ name }) => below(join(path, name), depth - 1)),
    )).flat();
  };
  // Runs are called by the time at which they began.
  const [newest] = (await below(folder, 2)).sort((a, b) =>
    basename(a) < basename(b) ? 1 : -1
  );
  return newest === undefined
    ? "Give a folder such as runs/simsiam/2026-01-31T12-00-00"
    : `Give one of the runs in it, such as ${newest}`;
}

/** Why a run's record cannot be read, and what to do about it. */
export async function whyNoRun(
  folder: string,
): Promise<{ readonly reason: string; readonly cure: string }> {
  return await isFile(join(folder, RUN_FILES.origin))
    ? {
      reason:
        `its ${RUN_FILES.origin} is damaged or cut off, or of another version`,
      cure: "Take the file from a copy of the run, or give another run",
    }
    : {
      reason: `it is not the folder of a run (no readable ${RUN_FILES.origin})`,
      cure: await runInPlaceOf(folder),
    };
}

/**
 * Reads what a run says of itself.
 *
 * @throws {UserError} When the folder is not that of a run.
 */
export async function readRecord(folder: string): Promise<RunRecord> {
  try {
    const text = await readRegularText(join(folder, RUN_FILES.origin));
    return recordSchema.parse(JSON.parse(text));
  } catch {
    const sweep = await isFile(join(folder, "sweep.json"));
    const { reason, cure } = await whyNoRun(folder);
    throw new UserError(
      sweep
        ? `Cannot read the run "${folder}": it is a sweep.\nGive the folder of one of its points, which lie in it.`
        : `Cannot read the run "${folder}": ${reason}.\n${cure}, or one of its checkpoints.`,
    );
  }
}
