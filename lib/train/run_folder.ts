/** @file The folder of a run and the files in it. */
import { join } from "node:path";
import { stringify } from "yaml";
import { CheckpointStore } from "../checkpoint/store.ts";
import { writeAtomic } from "../checkpoint/write_atomic.ts";
import { UserError } from "../errors.ts";
import { resolve } from "../pipeline/resolve.ts";
import type { Pipeline } from "../pipeline/pipeline.ts";

/** Names of the files of a run. */
export const RUN_FILES = {
  pipeline: "pipeline.yaml",
  metrics: "metrics.jsonl",
  summary: "summary.json",
  checkpoints: "checkpoints",
  origin: "run.json",
} as const;

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
  return makeFolder(join(runsDir, name), timeName(new Date()));
}

/** Says why nothing can be written, and what to do. */
export function unwritable(runsDir: string, error: unknown): UserError {
  return new UserError(
    `Cannot write a run under "${runsDir}": ${
      error instanceof Error ? error.message : String(error)
    }\nChoose another folder with --runs-dir.`,
  );
}

/** A run's folder: `runs/<name>/<time>/`. */
export class RunFolder {
  #metrics: Deno.FsFile | undefined;

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
    /** Folder that the pipeline's relative paths start from. */
    baseDir: string,
  ): Promise<RunFolder> {
    try {
      return await RunFolder.begin(
        await newFolder(runsDir, pipeline.name),
        pipeline,
        baseDir,
      );
    } catch (error) {
      throw unwritable(runsDir, error);
    }
  }

  /** Starts a run in a folder that is there, over what was left of one. */
  static async begin(
    path: string,
    pipeline: Pipeline,
    baseDir: string,
  ): Promise<RunFolder> {
    const resolved = resolve(pipeline);
    await Deno.writeTextFile(
      join(path, RUN_FILES.pipeline),
      `# Every value of this run; presets and defaults are written out.\n${
        stringify(resolved)
      }`,
    );
    await Deno.writeTextFile(
      join(path, RUN_FILES.origin),
      JSON.stringify({ baseDir, pipeline: resolved }, null, 2) + "\n",
    );
    const left = join(path, RUN_FILES.checkpoints);
    await Deno.remove(left, { recursive: true }).catch(() => {});
    const folder = RunFolder.open(path, pipeline);
    await folder.rewind(0);
    return folder;
  }

  /** An existing run's folder. */
  static open(path: string, pipeline: Pipeline): RunFolder {
    const folder = join(path, RUN_FILES.checkpoints);
    return new RunFolder(
      path,
      new CheckpointStore(folder, pipeline.checkpoint.keep),
    );
  }

  /** Appends a line to `metrics.jsonl`. */
  async log(line: Readonly<Record<string, unknown>>): Promise<void> {
    this.#metrics ??= await Deno.open(join(this.path, RUN_FILES.metrics), {
      append: true,
      create: true,
    });
    const bytes = new TextEncoder().encode(JSON.stringify(line) + "\n");
    for (let at = 0; at < bytes.length;) {
      at += await this.#metrics.write(bytes.subarray(at));
    }
  }

  /** Lines of `metrics.jsonl`. */
  async metrics(): Promise<Record<string, number | null>[]> {
    const path = join(this.path, RUN_FILES.metrics);
    const text = await Deno.readTextFile(path).catch(() => "");
    return text.split("\n").filter((line) => line !== "")
      .map((line) => JSON.parse(line));
  }

  /** Forgets the metrics of steps after `step`, which will be done again. */
  async rewind(step: number): Promise<void> {
    const path = join(this.path, RUN_FILES.metrics);
    const text = await Deno.readTextFile(path).catch(() => "");
    const kept = text.split("\n").filter((line) => {
      try {
        return (JSON.parse(line) as { step: number }).step <= step;
      } catch {
        return false;
      }
    });
    const lines = kept.map((line) => `${line}\n`).join("");
    await writeAtomic(path, new TextEncoder().encode(lines));
  }

  /** Writes `summary.json`. */
  async summarize(summary: object): Promise<void> {
    await writeAtomic(
      join(this.path, RUN_FILES.summary),
      new TextEncoder().encode(JSON.stringify(summary, null, 2) + "\n"),
    );
  }

  /** Closes its files. */
  close(): void {
    this.#metrics?.close();
    this.#metrics = undefined;
  }
}
