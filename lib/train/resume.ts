/** @file Goes on with a run from its newest whole checkpoint. */
import { command } from "../command.ts";
import { join } from "node:path";
import { whyNoRun } from "../checkpoint/run_record.ts";
import type { Refused } from "../checkpoint/store.ts";
import { UserError } from "../errors.ts";
import {
  type LoadedPipeline,
  type LoadOptions,
  loadPipeline,
} from "../pipeline/load.ts";
import { resolve } from "../pipeline/explain/resolve.ts";
import {
  readOrigin,
  RUN_FILES,
  RunFolder,
  type RunOrigin,
} from "./run_folder.ts";
import type { ResumePoint } from "./resume_point.ts";

/** A run that can go on. */
export interface Resumable {
  /** Its pipeline. */
  readonly loaded: LoadedPipeline;
  /** Its newest whole checkpoint; its start, when it has not written one. */
  readonly point: ResumePoint;
  /** Checkpoints that were passed over, and why. */
  readonly refused: readonly Refused[];
  /** Values that differ from those the run started with, as `key: old -> new`. */
  readonly changes: readonly string[];
}

/** `a.b` and its value, for every leaf. */
function leaves(value: unknown, path = ""): Map<string, string> {
  if (typeof value !== "object" || value === null) {
    return new Map([[path, JSON.stringify(value)]]);
  }
  return new Map(
    Object.entries(value).flatMap(([key, inner]) => [
      ...leaves(inner, path === "" ? key : `${path}.${key}`),
    ]),
  );
}

/** Differences of two plain values, one line a leaf. */
export function differences(before: unknown, after: unknown): string[] {
  const [old, now] = [leaves(before), leaves(after)];
  return [...new Set([...old.keys(), ...now.keys()])]
    .filter((key) => old.get(key) !== now.get(key))
    .map((key) =>
      `${key}: ${old.get(key) ?? "absent"} -> ${now.get(key) ?? "absent"}`
    );
}

/** Older versions wrote it although no stage took it. */
const UNUSED = /^train\.ema(\.\w+)?: .* -> absent$/;

/** A run's pipeline, and what was changed in it since the run began. */
export interface Reopened extends Pick<Resumable, "loaded" | "changes"> {
  /** What the run began with. */
  readonly origin: RunOrigin;
}

/**
 * Reads the pipeline of a run.
 *
 * @param run The run's folder.
 * @throws {UserError} When it is not a run.
 */
export async function reopen(
  run: string,
  options: LoadOptions = {},
): Promise<Reopened> {
  const origin = await originOf(run);
  const loaded = await loadPipeline(join(run, RUN_FILES.pipeline), {
    ...options,
    baseDir: origin.baseDir,
  });
  return {
    loaded,
    origin,
    changes: differences(origin.pipeline, resolve(loaded.pipeline))
      .filter((change) => !UNUSED.test(change)),
  };
}

/**
 * Finds what a run needs to go on.
 *
 * @param run The run's folder.
 * @throws {UserError} When it is not a run, or has no usable checkpoint.
 */
export async function findResumable(
  run: string,
  options: LoadOptions = {},
): Promise<Resumable> {
  const { loaded, origin, changes } = await reopen(run, options);
  const { checkpoints } = RunFolder.open(run, loaded.pipeline, origin.id);
  const { entry, values, refused } = await checkpoints.newest();
  if (!entry && refused.length > 0) {
    const reasons = refused.map(({ file, reason }) => `  ${file}: ${reason}`);
    throw new UserError(
      [
        `Cannot resume "${run}": it has no usable checkpoint.`,
        ...reasons,
        `Start it anew with \`${command("run")}\`.`,
      ].join("\n"),
    );
  }
  return {
    loaded,
    point: {
      folder: run,
      origin,
      ...(entry && values ? { checkpoint: { entry, values } } : {}),
    },
    refused,
    changes,
  };
}

async function originOf(run: string): Promise<RunOrigin> {
  try {
    return await readOrigin(run);
  } catch {
    const { reason, cure } = await whyNoRun(run);
    throw new UserError(`Cannot resume "${run}": ${reason}.\n${cure}.`);
  }
}
