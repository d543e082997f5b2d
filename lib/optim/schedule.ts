/** @file Values that change over a run. */

/** Learning rate over the run, as a factor of the optimizer's `lr`. */
export interface Schedule {
  /** Shape after the warm-up. */
  readonly kind: "cosine" | "linear" | "multistep" | "constant";
  /** Epochs of linear warm-up to 1. */
  readonly warmup: number;
  /** Factor that the warm-up begins at; 0 by default. */
  readonly first?: number;
  /** Last factor of a cosine or linear schedule; 0 by default. */
  readonly final?: number;
  /** Epochs that a cosine or linear schedule takes with its warm-up; the run's by default. */
  readonly epochs?: number;
  /** Epochs after which one in steps falls. */
  readonly milestones?: readonly number[];
  /** What it is multiplied by at each of them; 0.1 by default. */
  readonly gamma?: number;
  /** Epoch at which it begins, of a run that went on with a new one; 0 by default. */
  readonly start?: number;
}

/** Where a schedule is. */
interface Place {
  /** Share of its way after the warm-up, 0..1. */
  readonly progress: number;
  /** Whether so many epochs of it are over. */
  readonly past: (epochs: number) => boolean;
}

const SHAPES: Readonly<
  Record<Schedule["kind"], (schedule: Schedule, place: Place) => number>
> = {
  cosine: ({ final = 0 }, { progress }) =>
    final + (1 - final) * (1 + Math.cos(Math.PI * progress)) / 2,
  linear: ({ final = 0 }, { progress }) => 1 + (final - 1) * progress,
  multistep: ({ milestones = [], gamma = 0.1 }, { past }) =>
    gamma ** milestones.filter(past).length,
  constant: () => 1,
};

/**
 * Factor of the learning rate in a step: linear warm-up to 1, then the
 * schedule over the rest of its epochs. The cosine is that of Loshchilov and
 * Hutter 2016, arXiv:1608.03983, without restarts; `multistep` is PyTorch's
 * `MultiStepLR`.
 *
 * @param step Steps done before this one.
 * @param steps Steps of the run.
 * @param stepsPerEpoch To turn epochs into steps.
 */
export function learningRateFactor(
  schedule: Schedule,
  step: number,
  steps: number,
  stepsPerEpoch: number,
): number {
  const { kind, warmup, first = 0, epochs, start = 0 } = schedule;
  const begun = Math.round(start * stepsPerEpoch);
  const warm = Math.round(warmup * stepsPerEpoch);
  const done = Math.max(0, step - begun);
  if (done < warm) return first + (1 - first) * (done + 1) / warm;
  const length = epochs === undefined
    ? steps - begun
    : Math.round(epochs * stepsPerEpoch);
  return SHAPES[kind](schedule, {
    progress: Math.min(1, (done - warm) / Math.max(1, length - warm)),
    past: (count) => done >= Math.round(count * stepsPerEpoch),
  });
}
