/** @file Why a run cannot begin, go on or be written, and what to do. */
import { command } from "../command.ts";
import { metricOf } from "../checkpoint/retention.ts";
import { differ, type Fingerprint } from "../data/fingerprint.ts";
import { UserError } from "../errors.ts";
import type { CheckpointPolicy } from "../model/pipeline.ts";
import type { ModuleDigests } from "./own_modules.ts";
import type { RunFolder } from "./run_folder.ts";
import type { RunLength } from "./run_length.ts";
import type { ResumePoint } from "./resume_point.ts";

/** How the images differ from those that a run began with; `undefined` when they do not. */
export function dataChange(
  { origin: { data } }: ResumePoint,
  now: Fingerprint,
): string | undefined {
  if (!data) return undefined;
  if (data.images !== now.images || differ(data.digest, now.digest)) {
    return `training images have changed${
      data.images === now.images
        ? `: there are still ${now.images}, but they are other ones`
        : `: ${data.images} images -> ${now.images} images`
    }`;
  }
  return data.judged && now.judged && differ(data.judged, now.judged)
    ? "labels or test images have changed"
    : undefined;
}

/**
 * Refuses to go on with other images, or other modules of the user's own, than
 * those that a run began with.
 *
 * @throws {UserError} When they are others.
 */
export function refuseOtherData(
  point: ResumePoint,
  now: Fingerprint,
  modulesNow: ModuleDigests = point.origin.modules ?? {},
): void {
  const { folder, origin: { modules = {} } } = point;
  const edited = Object.keys(modules).filter((name) =>
    modules[name] !== modulesNow[name]
  );
  const change = edited.length > 0
    ? `own modules ${edited.join(", ")} have changed`
    : dataChange(point, now);
  if (change === undefined) return;
  throw new UserError(
    `Cannot resume "${folder}": its ${change}.\nBring back those it began with, or go on with these: ${
      command(`resume ${folder} --changed`)
    }`,
  );
}

/**
 * Refuses to judge a run that has ended by other images than it was trained
 * on: what its record says of it would be said of others.
 *
 * @throws {UserError} When the images are others, and no step is left.
 */
export function refuseOthersRecord(
  point: ResumePoint,
  now: Fingerprint,
  { steps }: Pick<RunLength, "steps">,
): void {
  const { folder, origin: { data }, checkpoint } = point;
  if (!data || !checkpoint || checkpoint.entry.step < steps) return;
  if (data.images === now.images && !differ(data.digest, now.digest)) return;
  throw new UserError(
    `Cannot go on with "${folder}": nothing is left to train, and its ${
      dataChange(point, now)
    }. Its record would tell of images that it was not made of; it stays as it is.\nTo judge the run by other images: ${
      command("evaluate")
    } ${folder} --data FOLDER. To train on with them, make it longer: --epochs N.`,
  );
}

/**
 * Refuses a rule for the best checkpoint by a metric that is one, but that this
 * run does not report.
 *
 * @param metrics What the run reports, where it is known; other stages' after a
 * colon.
 * @throws {UserError} With the names that there are.
 */
export function refuseUnreportedBest(
  { best }: CheckpointPolicy,
  metrics: readonly string[] | undefined,
): void {
  if (!best || !metrics) return;
  const name = metricOf(best);
  if (metrics.some((one) => name === one || name.startsWith(`${one}:`))) return;
  throw new UserError(
    `Cannot keep the best checkpoint by "${name}": this run does not report it. Expected one of "${
      metrics.join('", "')
    }".\nChange "best" under "checkpoint".`,
  );
}

/** By the names of the errors, and by Linux's numbers where Deno gives no name. */
const REASONS: Readonly<Record<string, string>> = {
  ENOSPC: "there is no space left on the disk",
  EDQUOT: "the disk quota is used up",
  EROFS: "the disk can only be read",
  EFBIG: "the file would be larger than is allowed",
  "os error 27": "the file would be larger than is allowed",
  "os error 122": "the disk quota is used up",
};

/** What the system says of a failed call; `undefined` for other errors. */
function systemReason(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  const code = "code" in error ? String(error.code) : "";
  const number = /\((os error \d+)\)/.exec(error.message)?.[1] ?? "";
  const known = REASONS[code] ?? REASONS[number];
  if (known) return known;
  return number || /^E[A-Z]+$/.test(code) ? error.message : undefined;
}

/** How to go on with a run from its last checkpoint. */
async function wayOn({ path, checkpoints }: RunFolder): Promise<string> {
  const last = (await checkpoints.list().catch(() => [])).at(-1);
  return last
    ? `The checkpoint of step ${last.step} is whole; to go on from it: ${
      command(`resume ${path}`)
    }`
    : `There is no checkpoint yet; to start anew in the same folder: ${
      command(`resume ${path}`)
    }`;
}

async function attempt<T>(
  path: string,
  work: () => Promise<T>,
  cure: () => string | Promise<string>,
): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const reason = systemReason(error);
    if (reason === undefined) throw error;
    throw new UserError(
      `Cannot write to ${path}: ${reason}.\n${await cure()} (once that is mended).`,
    );
  }
}

/**
 * Writes to a run's folder.
 *
 * @throws {UserError} When the system refuses, as when the disk is full: with
 * the reason, and the checkpoint to go on from.
 */
export function writing<T>(
  folder: RunFolder,
  work: () => Promise<T>,
): Promise<T> {
  return attempt(folder.path, work, async () => {
    await folder.checkPlace();
    return await wayOn(folder);
  });
}

/**
 * Writes to a sweep's folder.
 *
 * @throws {UserError} When the system refuses, with the reason and the way on.
 */
export function writingSweep<T>(
  path: string,
  work: () => Promise<T>,
): Promise<T> {
  return attempt(path, work, () => `To go on: ${command(`resume ${path}`)}`);
}

/** A mistake that ended a run in the middle, with the way on. */
export function endedBy(
  error: UserError,
  { path }: RunFolder,
  step: number,
): UserError {
  return new UserError(
    `${error.message}\nThe run was saved after step ${step}; to go on, once that is mended: ${
      command(`resume ${path}`)
    }`,
  );
}
