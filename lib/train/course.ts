/** @file How long a run is and how its learning rate goes, from its resolved settings. */
import { learningRateFactor, type Schedule } from "../optim/schedule.ts";
import {
  epochAfter,
  type Progress,
  type RunLength,
  shiftOf,
  stepsOf,
} from "./run_length.ts";

/** Of resolved settings, what tells of length and rate. */
interface Settings {
  readonly data?: { readonly batch?: number };
  readonly train?: {
    readonly epochs?: number;
    readonly steps?: number;
    readonly schedule?: Readonly<Record<string, Partial<Schedule>>>;
    readonly optimizer?: Readonly<Record<string, { readonly lr?: number }>>;
  };
}

/** The way of a run. */
export interface Course {
  readonly length: RunLength;
  /** Epochs of the run. */
  readonly epochs: number;
  /** Passes over the images after so many steps. */
  epoch(done: number): number;
  /** Learning rate in the step after so many. */
  rate(done: number): number;
  /** The same as a share of the highest. */
  factor(done: number): number;
  /** That of another schedule. */
  factorOf(schedule: Schedule, done: number): number;
}

/** A schedule as a resolved pipeline has it. */
export function scheduleOf(
  plain: Readonly<Record<string, Partial<Schedule>>> | undefined,
): Schedule {
  const [kind = "constant", options = {}] = Object.entries(plain ?? {})[0] ??
    [];
  return { warmup: 0, ...options, kind: kind as Schedule["kind"] };
}

/**
 * The course of a run by its resolved pipeline.
 *
 * @returns Nothing where it does not say, or one batch is more than there is.
 */
export function courseOf(
  resolved: unknown,
  images: number,
  progress: Progress | undefined,
): Course | undefined {
  const { data, train = {} } = resolved as Settings;
  const batch = data?.batch;
  if (!batch || batch > images) return undefined;
  const stepsPerEpoch = Math.floor(images / batch);
  const shift = shiftOf(progress, stepsPerEpoch);
  const { epochs, steps } = train;
  const scheduleShift = steps === undefined ? shift : 0;
  const all = steps ??
    (epochs && stepsOf(epochs, stepsPerEpoch, progress));
  if (all === undefined) return undefined;
  const length = { steps: all, stepsPerEpoch, shift, scheduleShift };
  const schedule = scheduleOf(train.schedule);
  const lr = Object.values(train.optimizer ?? {})[0]?.lr ?? 0;
  const factorOf = (which: Schedule, done: number): number =>
    learningRateFactor(
      which,
      done + scheduleShift,
      all + scheduleShift,
      stepsPerEpoch,
    );
  const factor = (done: number): number => factorOf(schedule, done);
  return {
    length,
    epochs: epochAfter(all, length),
    epoch: (done) => epochAfter(done, length),
    factor,
    factorOf,
    rate: (done) => lr * factor(done),
  };
}
