/** @file What a run takes of a disk, said before it is taken. */
import { freeBytes } from "../disk_space.ts";
import { gigabytes } from "../gigabytes.ts";
import type { Pipeline } from "../model/pipeline.ts";

/** Bytes of a line of `metrics.jsonl`, roughly: shipped methods have 290 to 580. */
const LINE_BYTES = 500;

/** Bytes that a run takes. */
export interface RunDisk {
  /** Of one checkpoint. */
  readonly checkpoint: number;
  /** Most checkpoints that are there at once. */
  readonly checkpoints: number;
  /** Of the metrics, roughly; absent where the number of steps is not known. */
  readonly metrics?: number;
  /** Most of all at once. */
  readonly total: number;
  /** What stays when it has ended. */
  readonly left: number;
}

/**
 * Most that a run takes: the newest checkpoints that stay, the best and the
 * newest healthy one before them, one of an interruption, and one that is being
 * written.
 *
 * @param variables Bytes of all variables, which are what a checkpoint has.
 */
export function runDisk(
  { checkpoint: { keep, best } }: Pick<Pipeline, "checkpoint">,
  variables: number,
  steps: number | undefined,
): RunDisk {
  const checkpoints = keep + (best ? 1 : 0) + 3;
  // At its end nothing is being written, and no interruption's is the newest.
  const last = checkpoints - 2;
  const metrics = steps === undefined ? {} : { metrics: LINE_BYTES * steps };
  return {
    checkpoint: variables,
    checkpoints,
    ...metrics,
    total: checkpoints * variables + (metrics.metrics ?? 0),
    left: last * variables + (metrics.metrics ?? 0),
  };
}

/**
 * A warning of a disk that has less left; undefined where it has enough, or
 * nothing is known of it.
 *
 * @param toCome Runs of a sweep that are to follow, of about the same size.
 */
export async function fullBefore(
  folder: string,
  { total, left, checkpoint, checkpoints }: RunDisk,
  toCome = 0,
): Promise<string | undefined> {
  try {
    const free = await freeBytes(folder);
    const needed = toCome * left + total;
    if (free >= needed) return undefined;
    const what = toCome > 0
      ? `the ${toCome + 1} runs of the sweep that are left`
      : "the run";
    return `${what} may take ${
      gigabytes(needed, 2)
    } of the disk, of which ${checkpoints} checkpoints of ${
      gigabytes(checkpoint, 2)
    } at once, and ${folder} has ${
      gigabytes(free, 2)
    } left: keep fewer (checkpoint.keep), or choose another disk with --runs-dir`;
  } catch {
    return undefined;
  }
}
