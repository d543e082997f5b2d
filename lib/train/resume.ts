/** @file Goes on with a run from its newest whole checkpoint. */
import { join } from "node:path";
import { z } from "zod";
import type { Refused } from "../checkpoint/store.ts";
import { UserError } from "../errors.ts";
import {
  type LoadedPipeline,
  type LoadOptions,
  loadPipeline,
} from "../pipeline/load.ts";
import { resolve } from "../pipeline/resolve.ts";
import { RUN_FILES, RunFolder } from "./run_folder.ts";
import type { ResumePoint } from "./train.ts";

const originSchema = z.object({ baseDir: z.string(), pipeline: z.unknown() });

/** A run that can go on. */
export interface Resumable {
  /** Its pipeline. */
  readonly loaded: LoadedPipeline;
  /** Its newest whole checkpoint. */
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

/** A run's pipeline, and what was changed in it since the run began. */
export type Reopened = Pick<Resumable, "loaded" | "changes">;

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
  const origin = await readOrigin(run);
  const loaded = await loadPipeline(join(run, RUN_FILES.pipeline), {
    ...options,
    baseDir: origin.baseDir,
  });
  return {
    loaded,
    changes: differences(origin.pipeline, resolve(loaded.pipeline)),
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
  const reopened = await reopen(run, options);
  const { checkpoints } = RunFolder.open(run, reopened.loaded.pipeline);
  const { entry, values, refused } = await checkpoints.newest();
  if (!entry || !values) {
    const reasons = refused.map(({ file, reason }) => `  ${file}: ${reason}`);
    throw new UserError(
      [
        `Cannot resume "${run}": it has no usable checkpoint.`,
        ...reasons,
        "Start it anew with `deno task run`.",
      ].join("\n"),
    );
  }
  return { ...reopened, point: { folder: run, entry, values }, refused };
}

async function readOrigin(run: string): Promise<z.infer<typeof originSchema>> {
  try {
    const text = await Deno.readTextFile(join(run, RUN_FILES.origin));
    return originSchema.parse(JSON.parse(text));
  } catch {
    throw new UserError(
      `Cannot resume "${run}": it is not the folder of a run (no readable ${RUN_FILES.origin}).\nGive a folder such as runs/simsiam/2026-01-31T12-00-00.`,
    );
  }
}
