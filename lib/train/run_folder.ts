/** @file The folder of a run and the files in it. */
import { command } from "../command.ts";
import { createHash } from "node:crypto";
import { join } from "node:path";
import { stringify } from "yaml";
import { z } from "zod";
import { recordSchema, RUN_FILES } from "../checkpoint/run_record.ts";
import { CheckpointStore } from "../checkpoint/store.ts";
import { writeAtomic } from "../checkpoint/write_atomic.ts";
import type { Fingerprint } from "../data/fingerprint.ts";
import type { SkippedFile } from "../data/source.ts";
import { UserError, writeReason } from "../errors.ts";
import { resolve } from "../pipeline/explain/resolve.ts";
import type { Pipeline } from "../model/pipeline.ts";
import { readRegularText } from "../regular_file.ts";
import {
  cutAfter,
  type CutMetrics,
  LinesDigest,
  type MetricsLine,
} from "./metrics_file.ts";
import type { Progress } from "./run_length.ts";
import { type RunSettings, runSettings } from "./run_settings.ts";

export { RUN_FILES } from "../checkpoint/run_record.ts";

const originSchema = recordSchema.extend({
  settings: runSettings.optional(),
  data: z.object({
    images: z.int(),
    digest: z.string(),
    judged: z.string().optional(),
  }).optional(),
  modules: z.record(z.string(), z.string()).optional(),
  progress: z.object({ step: z.int(), epoch: z.number() }).optional(),
});

const timeSchema = z.object({
  steps: z.int(),
  seconds: z.number(),
  images_per_second: z.number(),
});

/** Contents of `run.json`: what a resumed run has to have in common with it. */
export interface RunOrigin {
  /** Folder that the pipeline's relative paths start from. */
  readonly baseDir: string;
  /** Resolved. */
  readonly pipeline: unknown;
  /** Told in every checkpoint. */
  readonly id: string;
  /** Absent in runs of older versions. */
  readonly settings?: RunSettings;
  /** Its images; absent in runs of older versions. */
  readonly data?: Fingerprint;
  /** Where its steps got another size, if they did. */
  readonly progress?: Progress;
  /** Its own modules; absent in runs of older versions. */
  readonly modules?: Readonly<Record<string, string>>;
}

/** What of it is known before there is a folder. */
export type RunStart = Omit<RunOrigin, "pipeline" | "id">;

/**
 * Reads `run.json`.
 *
 * @throws {Error} When it cannot be read, or is none.
 */
export async function readOrigin(run: string): Promise<RunOrigin> {
  const text = await readRegularText(join(run, RUN_FILES.origin));
  const { id, settings, data, modules, progress, baseDir, pipeline } =
    originSchema
      .parse(JSON.parse(text));
  return {
    id,
    baseDir,
    pipeline,
    ...(settings ? { settings } : {}),
    ...(data ? { data } : {}),
    ...(modules ? { modules } : {}),
    ...(progress ? { progress } : {}),
  };
}

/** Name of a run in its checkpoints: the same for the same pipeline. */
const runId = (pipeline: unknown): string =>
  createHash("sha256").update(JSON.stringify(pipeline)).digest("hex")
    .slice(0, 16);

/** `2026-01-31T12-00-00`: sorts by time, and is a name on every system. */
export function timeName(time: Date): string {
  return time.toISOString().slice(0, 19).replaceAll(":", "-");
}

/** Makes a folder that was not there before. */
async function makeFolder(parent: string, name: string): Promise<string> {
  await Deno.mkdir(parent, { recursive: true });
  for (let copy = 1;; copy++) {
    const folder = join(parent, copy === 1 ? name : `${name}-${copy}`);
    try {
      await Deno.mkdir(folder);
      return folder;
    } catch (error) {
      if (!(error instanceof Deno.errors.AlreadyExists)) throw error;
    }
  }
}

/** `<runsDir>/<name>/<time>`, which was not there before. */
export function newFolder(runsDir: string, name: string): Promise<string> {
  if (/^\.*$/.test(name) || /[\\/\0]/.test(name)) {
    throw new UserError(
      `Cannot name the folder of a run "${name}": it would lie elsewhere.\nGive the pipeline another "name".`,
    );
  }
  return makeFolder(join(runsDir, name), timeName(new Date()));
}

/** Says why nothing can be written, and what to do; what says so itself stays. */
export function unwritable(
  path: string,
  error: unknown,
  cure = "Choose another folder with --runs-dir.",
): UserError {
  if (error instanceof UserError) return error;
  return new UserError(
    `Cannot write a run under "${path}": ${writeReason(error)}\n${cure}`,
  );
}

const jsonLines = (values: readonly unknown[]): string =>
  values.map((value) => `${JSON.stringify(value)}\n`).join("");

/** A folder is looked for so often while its metrics are written. */
const LOOK_MS = 1000;

/** A run's folder: `runs/<name>/<time>/`. */
export class RunFolder {
  /** Of the lines of `metrics.jsonl`. */
  #lines = new LinesDigest();
  #metrics: Deno.FsFile | undefined;
  #lock: Deno.FsFile | undefined;
  #skips: Promise<void> = Promise.resolve();
  /** The folder itself, whatever its name becomes. */
  #inode: number | null = null;
  #looked = 0;

  private constructor(
    readonly path: string,
    readonly checkpoints: CheckpointStore,
  ) {}

  /**
   * Starts a new folder with the resolved pipeline in it.
   *
   * @throws {UserError} When it cannot be written.
   */
  static async create(
    runsDir: string,
    pipeline: Pipeline,
    origin: RunStart,
  ): Promise<RunFolder> {
    try {
      return await RunFolder.begin(
        await newFolder(runsDir, pipeline.name),
        pipeline,
        origin,
      );
    } catch (error) {
      throw unwritable(runsDir, error);
    }
  }

  /**
   * Starts a run in a folder that is there, over what was left of one.
   *
   * @throws {UserError} When another process trains in it.
   */
  static async begin(
    path: string,
    pipeline: Pipeline,
    origin: RunStart,
  ): Promise<RunFolder> {
    const id = runId(resolve(pipeline));
    const folder = RunFolder.open(path, pipeline, id);
    await folder.lock();
    await folder.describe(pipeline, { ...origin, id });
    const left = join(path, RUN_FILES.checkpoints);
    await Deno.remove(left, { recursive: true }).catch(() => {});
    await folder.rewind(0);
    return folder;
  }

  /** An existing run's folder. */
  static open(path: string, pipeline: Pipeline, id: string): RunFolder {
    const folder = join(path, RUN_FILES.checkpoints);
    return new RunFolder(
      path,
      new CheckpointStore(folder, pipeline.checkpoint, id),
    );
  }

  /** Writes what the run is made of. */
  async describe(
    pipeline: Pipeline,
    origin: Omit<RunOrigin, "pipeline">,
  ): Promise<void> {
    const resolved = resolve(pipeline);
    const json = { ...origin, pipeline: resolved };
    await this.#write(
      RUN_FILES.pipeline,
      `# Every value of this run; presets and defaults are written out.\n${
        stringify(resolved)
      }`,
    );
    await this.#write(
      RUN_FILES.origin,
      `${JSON.stringify(json, null, 2)}\n`,
    );
    // The lock was on the file that is gone now.
    if (this.#lock) await this.#takeLock();
  }

  /**
   * Makes the folder this process's alone, for as long as it lives.
   *
   * @throws {UserError} When another process trains in it.
   */
  async lock(): Promise<void> {
    if (await this.#takeLock()) return;
    throw new UserError(
      `Cannot resume "${this.path}": another process is training it.\nWait for its end, or end it.`,
    );
  }

  async #takeLock(): Promise<boolean> {
    this.#lock?.close();
    this.#inode = (await Deno.stat(this.path)).ino;
    this.#lock = await Deno.open(join(this.path, RUN_FILES.origin), {
      read: true,
      write: true,
      create: true,
    });
    // Some network disks cannot lock: there, nobody is kept out.
    return await this.#lock.tryLock(true).catch(() => true);
  }

  /**
   * Refuses to write where the folder no longer is: what was written would be
   * lost, or the beginning of a second one.
   *
   * @throws {UserError} Then.
   */
  async checkPlace(): Promise<void> {
    this.#looked = performance.now();
    if (this.#inode === null) return;
    const found = await Deno.stat(this.path).catch(() => undefined);
    if (found?.ino === this.#inode) return;
    throw new UserError(
      `The folder of the run was removed or renamed while it trained: "${this.path}". Nothing more was written.\nIf it has another name now, give it to \`${
        command("resume")
      }\`: it goes on from its newest checkpoint.`,
    );
  }

  async #write(file: string, text: string): Promise<void> {
    await writeAtomic(join(this.path, file), new TextEncoder().encode(text));
  }

  /** Begins `skipped.jsonl` with the files that the load left out, a line each. */
  async listSkipped(files: readonly SkippedFile[]): Promise<void> {
    const path = join(this.path, RUN_FILES.skipped);
    if (files.length === 0) await Deno.remove(path).catch(() => {});
    else await this.#write(RUN_FILES.skipped, jsonLines(files));
  }

  /** Adds a file that was found to be bad later; `close` waits for it. */
  addSkipped(file: SkippedFile): void {
    const path = join(this.path, RUN_FILES.skipped);
    this.#skips = this.#skips
      .then(() => Deno.writeTextFile(path, jsonLines([file]), { append: true }))
      // A list that cannot be written must not end a run.
      .catch(() => {});
  }

  /** Appends a line to `metrics.jsonl`. */
  async log(line: Readonly<Record<string, unknown>>): Promise<void> {
    if (performance.now() - this.#looked > LOOK_MS) await this.checkPlace();
    this.#metrics ??= await Deno.open(join(this.path, RUN_FILES.metrics), {
      append: true,
      create: true,
    });
    const bytes = new TextEncoder().encode(JSON.stringify(line) + "\n");
    for (let at = 0; at < bytes.length;) {
      at += await this.#metrics.write(bytes.subarray(at));
    }
    this.#lines.add(line);
  }

  /** Checksum of all lines of `metrics.jsonl`. */
  get linesDigest(): string {
    return this.#lines.value;
  }

  /** Appends a line to `spectrum.jsonl`: the eigenvalues of a covariance. */
  async logSpectrum(
    step: number,
    eigenvalues: readonly number[],
  ): Promise<void> {
    // Of an eigenvalue in float32 more digits are rounding.
    const covariance = eigenvalues.map((x) => Number(x.toPrecision(5)));
    await Deno.writeTextFile(
      join(this.path, RUN_FILES.spectrum),
      jsonLines([{ step, covariance }]),
      { append: true },
    );
  }

  /** Forgets spectra of steps after `step`, and what is no line. */
  async #rewindSpectrum(step: number): Promise<void> {
    const path = join(this.path, RUN_FILES.spectrum);
    const text = await readRegularText(path).catch(() => "");
    const kept = text.split("\n").filter((line) => {
      const [, found] = /^\{"step":(\d+),.*\}$/.exec(line) ?? [];
      return found !== undefined && Number(found) <= step;
    }).map((line) => `${line}\n`).join("");
    if (kept === text) return;
    await this.#write(RUN_FILES.spectrum, kept);
  }

  /**
   * Waits until the metrics are on the disk.
   *
   * @throws {UserError} When the folder is no longer there.
   */
  async sync(): Promise<void> {
    await this.checkPlace();
    await this.#metrics?.syncData();
  }

  /**
   * Forgets the metrics of steps after `step`, which will be done again, and
   * what a killed process has begun to write.
   *
   * @param take Given the lines that are left, in order, some at a time.
   * @returns What was found to be wrong with them.
   * @throws {UserError} When they cannot be read, and would be lost.
   */
  async rewind(
    step: number,
    take: (lines: readonly MetricsLine[]) => void = () => {},
  ): Promise<Omit<CutMetrics, "digest">> {
    await this.checkpoints.sweep();
    await this.#rewindSpectrum(step);
    const path = join(this.path, RUN_FILES.metrics);
    try {
      if (!(await Deno.stat(path)).isFile) throw new Error("it is not a file");
      (await Deno.open(path)).close();
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) {
        await this.#write(RUN_FILES.metrics, "");
        this.#lines = new LinesDigest();
        return { damaged: 0, missing: step };
      }
      throw new UserError(
        `Cannot go on in "${this.path}": its ${RUN_FILES.metrics} cannot be read, and would be lost: ${
          error instanceof Error ? error.message : String(error)
        }\nMend that, or move the file away to go on without it.`,
      );
    }
    const { digest, ...found } = await cutAfter(path, step, take);
    this.#lines = digest;
    return found;
  }

  /** The time that a `summary.json` of as many steps tells of, where there is one. */
  async timeOf(steps: number): Promise<z.infer<typeof timeSchema> | undefined> {
    try {
      const text = await readRegularText(join(this.path, RUN_FILES.summary));
      const time = timeSchema.parse(JSON.parse(text));
      return time.steps === steps ? time : undefined;
    } catch {
      return undefined;
    }
  }

  /** Writes `summary.json`. */
  async summarize(summary: object): Promise<void> {
    await this.checkPlace();
    await this.#write(
      RUN_FILES.summary,
      JSON.stringify(summary, null, 2) + "\n",
    );
  }

  /** Closes its files. */
  async close(): Promise<void> {
    await this.#skips;
    this.#metrics?.close();
    this.#metrics = undefined;
    this.#lock?.close();
    this.#lock = undefined;
  }
}
