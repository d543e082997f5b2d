/** @file What a changed pipeline does to a run that has begun, in sentences. */
import type { Pipeline } from "../model/pipeline.ts";
import { resolve } from "../pipeline/explain/resolve.ts";
import { type Course, courseOf } from "./course.ts";
import type { Progress } from "./run_length.ts";

/** A run that is to go on with other values. */
export interface ChangedRun {
  /** As `differences` tells them: `key: old -> new`. */
  readonly changes: readonly string[];
  /** Resolved, as the run began with it. */
  readonly before: unknown;
  readonly now: Pipeline;
  /** Steps done. */
  readonly done: number;
  /** Images that the run began with, where they are known. */
  readonly images?: number | undefined;
  /** Where its steps got another size before, if they did. */
  readonly progress?: Progress | undefined;
}

/** What is said of a key and all below it; the first that fits counts. */
const EFFECTS: readonly (readonly [RegExp, string])[] = [
  [
    /^data\.(batch)$/,
    "batch: what is done counts as the passes over the images that it was; the steps to come have the new size",
  ],
  [
    /^data\./,
    "data: training goes on with other images, or images read otherwise; what was learnt from the old ones is kept",
  ],
  [
    /^init\b/,
    "init: nothing, for weights are read before the first step alone",
  ],
  [/^seed$/, "seed: augmentations and the order of images are drawn anew"],
  [/^evaluate\b/, "evaluate: training stays as it is, scores are made anew"],
  [
    /^(monitor|checkpoint|name|track)\b/,
    "monitor, checkpoint, name, track: training stays as it is",
  ],
  [
    /^train\.(epochs|steps)$/,
    "length: schedules of the learning rate and of momenta that say no epochs of their own are laid over the new length, or what is left of it from their start on",
  ],
  [
    /^train\.(per_stage\..*\.)?schedule\.\w+\.start$/,
    "start: the schedule begins once more where the run stands",
  ],
  [
    /^(stages|train)\b/,
    "method: weights, and what the optimizer remembers, are kept from the old one; if their shapes do not fit, this is refused",
  ],
];

const short = (value: number): string => String(Number(value.toPrecision(3)));

const epochText = (epoch: number): string => String(Number(epoch.toFixed(2)));

/** Where the run stands in its old and in its new length. */
function* standing(
  done: number,
  old: Course,
  now: Course,
  batch: number,
): Generator<string> {
  const epoch = old.epoch(done);
  yield `step ${done} is epoch ${epochText(epoch)}: of ${
    epochText(old.epochs)
  } before, of ${epochText(now.epochs)} now`;
  // Steps are whole: where an epoch is cut elsewhere, some images come again.
  const off = now.epoch(done) - epoch;
  if (Math.abs(off) * now.length.stepsPerEpoch > 1e-6) {
    const images = Math.round(
      Math.abs(off) * now.length.stepsPerEpoch * batch,
    );
    yield off < 0
      ? `${images} images of this epoch are trained on again, for batches are whole`
      : `${images} images of this epoch are left out, for batches are whole`;
  }
  const left = now.length.steps - done;
  if (left <= 0) {
    yield `nothing is left to train: the run has ${now.length.steps} steps now, and ${done} are done`;
    return;
  }
  const jump = rateJump(done, old, now);
  if (jump) yield `the learning rate steps ${jump}`;
}

/** From where to where the learning rate steps, if it does not go on as it was. */
export function rateJump(
  done: number,
  old: Course,
  now: Course,
): string | undefined {
  const last = old.length.steps - 1;
  const [was, is] = [old.rate(Math.min(done, last)), now.rate(done)];
  // Of a step that has no next one, the next is about as far as the last was.
  const step = Math.abs(old.rate(last) - old.rate(Math.max(0, last - 1)));
  const small = Math.max(1e-3 * Math.max(was, is), done > last ? step : 0);
  // A schedule in steps, or of its own epochs, does not end with the run.
  const onward = old.rate(done);
  const asBefore = Math.abs(onward - is) <= 1e-6 * Math.max(onward, is);
  return asBefore || Math.abs(was - is) <= small
    ? undefined
    : `from ${short(was)} to ${short(is)} (${
      short(now.factor(done))
    } of its highest)`;
}

/** Where a run stands that goes on with another number of images: how far it is, and whether anything is left. */
export function standingWith(
  images: number,
  { before, now, done, images: were, progress }: Omit<ChangedRun, "changes">,
): readonly string[] {
  const old = were === undefined ? undefined : courseOf(before, were, progress);
  const place = old &&
    courseOf(resolve(now), images, { step: done, epoch: old.epoch(done) });
  return old && place ? [...standing(done, old, place, now.data.batch)] : [];
}

/** What will happen, a line each, in the order of importance to the run. */
export function changeEffects(run: ChangedRun): readonly string[] {
  const { changes, before, now, images, progress } = run;
  const keys = changes.map((change) => change.slice(0, change.indexOf(":")));
  const said = new Set(
    keys.flatMap((key) => EFFECTS.find(([keys]) => keys.test(key))?.[1] ?? []),
  );
  const relevant = keys.some((key) =>
    /^(data\.batch|train\.(epochs|steps|schedule|optimizer)\b.*)$/.test(key)
  );
  if (keys.some((key) => /^data\.(?!batch$)/.test(key))) {
    return [
      ...said,
      "how far the run is then follows from the number of images: it is told when they are read",
    ];
  }
  return [
    ...said,
    ...(relevant && images !== undefined
      ? standingWith(images, { before, now, done: run.done, images, progress })
      : []),
  ];
}
