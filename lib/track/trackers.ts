/** @file All trackers of a run as one. */
import { Mlflow } from "./mlflow/mlflow.ts";
import type { Track } from "./track.ts";
import { TensorBoard } from "./tensorboard/tensorboard.ts";
import type { TrackedRun, Tracker } from "./tracker.ts";

/** How each tracker is made of its settings. */
const TRACKERS: {
  readonly [K in keyof Track]-?: (
    run: TrackedRun,
    settings: NonNullable<Track[K]>,
  ) => Tracker;
} = {
  tensorboard: (run, settings) => new TensorBoard(run, settings),
  mlflow: (run, settings) => new Mlflow(run, settings),
};

/** The trackers that a pipeline asks for, as one. */
export function trackersOf(track: Track, run: TrackedRun): Tracker {
  const all = (Object.keys(TRACKERS) as (keyof Track)[]).flatMap((name) => {
    const settings = track[name];
    const make = TRACKERS[name] as (run: TrackedRun, s: unknown) => Tracker;
    return settings ? [make(run, settings)] : [];
  });
  const each = async (work: (one: Tracker) => Promise<void>): Promise<void> => {
    for (const one of all) await work(one);
  };
  return {
    images: Math.max(0, ...all.map(({ images = 0 }) => images)),
    recall(lines) {
      for (const one of all) one.recall?.(lines);
    },
    begin: (done) => each((one) => one.begin(done)),
    step: (step) => each((one) => one.step(step)),
    end: (end) => each((one) => one.end(end)),
  };
}
