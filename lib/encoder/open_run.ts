/** @file A run's pipeline and weights, read from its folder, which nothing changes. */
import { command } from "../command.ts";
import { join } from "node:path";
import { bestOf } from "../checkpoint/retention.ts";
import { findRun, readRecord, RUN_FILES } from "../checkpoint/run_record.ts";
import {
  type CheckpointEntry,
  CheckpointStore,
  type Values,
} from "../checkpoint/store.ts";
import { UserError } from "../errors.ts";
import type { CheckpointPolicy } from "../model/pipeline.ts";
import {
  type LoadedPipeline,
  type LoadOptions,
  loadPipeline,
} from "../pipeline/load.ts";

/**
 * Which weights: those of the newest checkpoint, of the best one by the
 * pipeline's `best`, of the newest that was written while the run looked
 * healthy, or those that the run began with.
 */
export type Which = "last" | "best" | "healthy" | "untrained";

/** A run as it was read. */
export interface OpenedRun {
  /** Its folder. */
  readonly folder: string;
  /** Its pipeline. */
  readonly loaded: LoadedPipeline;
  /** Absent of an untrained encoder. */
  readonly checkpoint?: {
    readonly entry: CheckpointEntry;
    readonly values: Values;
  };
  /** What was chosen, in half a sentence. */
  readonly chosen: string;
}

type Choose = (
  entries: CheckpointEntry[],
  policy: CheckpointPolicy,
) => CheckpointEntry[];

const CHOOSE: Readonly<Record<Exclude<Which, "untrained">, Choose>> = {
  last: (entries) => entries,
  healthy: (entries) => entries.filter(({ healthy }) => healthy),
  best(entries, { best }) {
    if (!best) {
      throw new UserError(
        'Cannot take the best checkpoint: the run kept none, for its pipeline has no "best" under "checkpoint".\nTake the last one (--checkpoint last).',
      );
    }
    const found = bestOf(entries, best);
    return found ? [found] : [];
  },
};

/** A run's newest healthy checkpoint; of one that was never healthy, the newest. */
const byDefault: Choose = (entries) => {
  const healthy = CHOOSE.healthy(entries, {} as CheckpointPolicy);
  return healthy.length > 0 ? healthy : entries;
};

function saying(
  entry: CheckpointEntry,
  newest: CheckpointEntry | undefined,
): string {
  const health = entry.healthy ? "" : ", which did not look healthy";
  const passed = newest && newest.step > entry.step
    ? newest.healthy
      ? ` (the newest is of step ${newest.step})`
      : ` (at step ${newest.step}, its newest, the run did not look healthy)`
    : "";
  return `step ${entry.step}${health}${passed}`;
}

/**
 * Reads a run: its pipeline as the run recorded it, and one checkpoint.
 *
 * @param path The run's folder, or a checkpoint in it.
 * @throws {UserError} When it is no run, or has no such checkpoint.
 */
export async function openRun(
  path: string,
  { checkpoint: which, ...options }: LoadOptions & {
    readonly checkpoint?: Which | undefined;
  } = {},
): Promise<OpenedRun> {
  const { folder, file } = await findRun(path);
  const { baseDir, id } = await readRecord(folder);
  const loaded = await loadPipeline(join(folder, RUN_FILES.pipeline), {
    ...options,
    baseDir,
  });
  if (which === "untrained") {
    return { folder, loaded, chosen: "first weights, untrained" };
  }
  const policy = loaded.pipeline.checkpoint;
  const store = new CheckpointStore(
    join(folder, RUN_FILES.checkpoints),
    policy,
    id,
  );
  let newest: CheckpointEntry | undefined;
  const choose = which ? CHOOSE[which] : byDefault;
  const { entry, values, refused } = await store.newest((entries) => {
    newest = entries.at(-1);
    return file === undefined
      ? choose(entries, policy)
      : entries.filter((one) => one.file === file);
  });
  if (entry && values) {
    return {
      folder,
      loaded,
      checkpoint: { entry, values },
      chosen: saying(entry, newest),
    };
  }
  const reasons = refused.map((one) => `  ${one.file}: ${one.reason}`);
  throw new UserError(
    [
      file === undefined
        ? `Cannot read the run "${folder}": it has no whole ${
          which === "healthy" ? "healthy " : ""
        }checkpoint.`
        : `Cannot read the checkpoint "${path}": the run in "${folder}" has no whole one of this name.`,
      ...reasons,
      `Go on with the run (\`${
        command("resume")
      }\`) so that it writes one, or choose another.`,
    ].join("\n"),
  );
}
