/** @file Values that change over a run. */

/** Learning rate over the run, as a factor of the optimizer's `lr`. */
export interface Schedule {
  /** Shape after the warm-up. */
  readonly kind: "cosine" | "constant" | "linear";
  /** Epochs of linear warm-up from 0. */
  readonly warmup: number;
  /** Last factor of a cosine or linear schedule. */
  readonly final: number;
  /** Epoch at which it begins, of a run that went on with a new one; 0 by default. */
  readonly start?: number;
}

const SHAPES: Readonly<
  Record<Schedule["kind"], (progress: number, final: number) => number>
> = {
  constant: () => 1,
  linear: (progress, final) => 1 + (final - 1) * progress,
  cosine: (progress, final) =>
    final + (1 - final) * (1 + Math.cos(Math.PI * progress)) / 2,
};

/**
 * Factor of the learning rate in a step: linear warm-up to 1, then the
 * schedule over the rest of the run (Loshchilov and Hutter 2016,
 * arXiv:1608.03983, without restarts).
 *
 * @param step Steps done before this one.
 * @param steps Steps of the run.
 * @param stepsPerEpoch To turn warm-up epochs into steps.
 */
export function learningRateFactor(
  { kind, warmup, final, start = 0 }: Schedule,
  step: number,
  steps: number,
  stepsPerEpoch: number,
): number {
  const first = Math.round(start * stepsPerEpoch);
  const warm = Math.round(warmup * stepsPerEpoch);
  const done = Math.max(0, step - first);
  if (done < warm) return (done + 1) / warm;
  const rest = steps - first - warm;
  return SHAPES[kind]((done - warm) / Math.max(1, rest), final);
}
