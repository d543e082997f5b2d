/** @file How many steps a run has. */
import { UserError } from "../errors.ts";
import { knownImages } from "../data/share.ts";
import { impossibleSchedules, vainSchedules } from "../graph/check_length.ts";
import type { Pipeline } from "../model/pipeline.ts";

/** Steps of a run, and of one epoch. */
export interface RunLength {
  /** Of the run. */
  readonly steps: number;
  /** Of one epoch. */
  readonly stepsPerEpoch: number;
  /**
   * What is added to a step for its place among steps of this size: of a run
   * that went on with another batch, those before had another size.
   */
  readonly shift: number;
  /** The same for schedules, which count in epochs or in steps as the run does. */
  readonly scheduleShift: number;
}

/** Where a run stood when its steps got another size. */
export interface Progress {
  /** Steps done. */
  readonly step: number;
  /** Passes over the images. */
  readonly epoch: number;
}

/** Passes over the images after so many steps. */
export const epochAfter = (
  step: number,
  { shift, stepsPerEpoch }: Pick<RunLength, "shift" | "stepsPerEpoch">,
): number => (step + shift) / stepsPerEpoch;

/** What is added to a step, for steps of this size to go on from there. */
export const shiftOf = (
  progress: Progress | undefined,
  stepsPerEpoch: number,
): number =>
  progress ? Math.round(progress.epoch * stepsPerEpoch) - progress.step : 0;

/** Steps of so many epochs; of a run that is made shorter than it is, those that it has. */
export const stepsOf = (
  epochs: number,
  stepsPerEpoch: number,
  progress: Progress | undefined,
): number =>
  Math.max(
    progress?.step ?? 1,
    Math.max(1, Math.round(epochs * stepsPerEpoch)) -
      shiftOf(progress, stepsPerEpoch),
  );

/**
 * Length of a run on so many images; a last batch that is not full is left
 * out of each epoch.
 *
 * @param progress Where steps of another size ended, if they did.
 * @throws {UserError} When one batch is more than there is, or a warm-up takes
 *   the whole run.
 */
export function runLength(
  pipeline: Pipeline,
  images: number,
  progress?: Progress,
): RunLength {
  const { batch } = pipeline.data;
  if (batch > images) {
    throw new UserError(
      `Cannot fill a batch of ${batch}: the training set has ${images} images.\nSet data.batch to ${images} or less.`,
    );
  }
  const stepsPerEpoch = Math.floor(images / batch);
  const [misfit] = impossibleSchedules(pipeline.train, stepsPerEpoch);
  if (misfit) {
    const { message, hints } = misfit;
    throw new UserError(
      `${message} (${images} images in batches of ${batch}).\n${
        hints.join("\n")
      }`,
    );
  }
  const { unit, count } = pipeline.train.length;
  const shift = shiftOf(progress, stepsPerEpoch);
  return unit === "steps"
    ? { steps: count, stepsPerEpoch, shift, scheduleShift: 0 }
    : {
      steps: stepsOf(count, stepsPerEpoch, progress),
      stepsPerEpoch,
      shift,
      scheduleShift: shift,
    };
}

/**
 * What the check would have warned of, had it known how long an epoch is: of a
 * run that counts in steps, on images that are counted as they load.
 */
export function lateWarnings(
  { data, train }: Pipeline,
  images: number,
): readonly string[] {
  if (train.length.unit === "epochs" || knownImages(data) !== undefined) {
    return [];
  }
  return vainSchedules(train, Math.floor(images / data.batch))
    .map(({ message, hints }) => `${message}; ${hints.join("; ")}`);
}
