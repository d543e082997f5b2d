/** @file What a changed pipeline does to a run that has begun, in sentences. */
import { learningRateFactor } from "../optim/schedule.ts";
import type { Pipeline } from "../model/pipeline.ts";

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
}

/** What is said of a key and all below it; the first that fits counts. */
const EFFECTS: readonly (readonly [RegExp, string])[] = [
  [
    /^data\.(batch)$/,
    "batch: the steps that are done count as steps of the new batch; no image is trained on again for them",
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
    "length: schedules of the learning rate and of momenta are laid over the new length",
  ],
  [
    /^(stages|train)\b/,
    "method: weights, and what the optimizer remembers, are kept from the old one; if their shapes do not fit, this is refused",
  ],
];

interface Length {
  readonly steps: number;
  readonly stepsPerEpoch: number;
}

const number = (value: unknown): number | undefined =>
  typeof value === "number" ? value : undefined;

/** Length of a run by its plain values. */
function lengthOf(
  batch: number | undefined,
  epochs: number | undefined,
  steps: number | undefined,
  images: number,
): Length | undefined {
  if (!batch || batch > images) return undefined;
  const stepsPerEpoch = Math.floor(images / batch);
  const all = steps ??
    (epochs && Math.max(1, Math.round(epochs * stepsPerEpoch)));
  return all ? { steps: all, stepsPerEpoch } : undefined;
}

function lengthBefore(before: unknown, images: number): Length | undefined {
  const { data, train } = before as {
    readonly data?: { readonly batch?: unknown };
    readonly train?: { readonly epochs?: unknown; readonly steps?: unknown };
  };
  return lengthOf(
    number(data?.batch),
    number(train?.epochs),
    number(train?.steps),
    images,
  );
}

function lengthNow({ data, train }: Pipeline, images: number) {
  const { unit, count } = train.length;
  return unit === "steps"
    ? lengthOf(data.batch, undefined, count, images)
    : lengthOf(data.batch, count, undefined, images);
}

const epoch = (step: number, { stepsPerEpoch }: Length): string =>
  String(Number((step / stepsPerEpoch).toFixed(2)));

/** Where the run stands in its old and in its new length. */
function* standing(
  { now, done }: Pick<ChangedRun, "now" | "done">,
  old: Length,
  to: Length,
): Generator<string> {
  yield `step ${done} was epoch ${epoch(done, old)} of ${
    epoch(old.steps, old)
  }; now it is epoch ${epoch(done, to)} of ${epoch(to.steps, to)}`;
  if (done >= to.steps) {
    yield `nothing is left to train: the run has ${to.steps} steps now, and ${done} are done`;
    return;
  }
  const rate = ({ steps, stepsPerEpoch }: Length): number =>
    learningRateFactor(now.train.schedule, done, steps, stepsPerEpoch);
  const [was, is] = [done < old.steps ? rate(old) : undefined, rate(to)];
  if (was === undefined) {
    yield `the learning rate goes on at ${
      is.toFixed(3)
    } of its highest, wherever it had ended`;
  } else if (Math.abs(was - is) > 1e-3) {
    yield `the learning rate steps from ${was.toFixed(3)} to ${
      is.toFixed(3)
    } of its highest`;
  }
}

/** Where a run stands that goes on with another number of images: how far it is, and whether anything is left. */
export function standingWith(
  images: number,
  { before, now, done, images: were }: Omit<ChangedRun, "changes">,
): readonly string[] {
  const [old, to] = were === undefined
    ? []
    : [lengthBefore(before, were), lengthNow(now, images)];
  return old && to ? [...standing({ now, done }, old, to)] : [];
}

/** What will happen, a line each, in the order of importance to the run. */
export function changeEffects(run: ChangedRun): readonly string[] {
  const { changes, before, now, images } = run;
  const keys = changes.map((change) => change.slice(0, change.indexOf(":")));
  const said = new Set(
    keys.flatMap((key) => EFFECTS.find(([keys]) => keys.test(key))?.[1] ?? []),
  );
  const relevant = keys.some((key) =>
    /^(data\.batch|train\.(epochs|steps))$/.test(key)
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
      ? standingWith(images, { before, now, done: run.done, images })
      : []),
  ];
}
