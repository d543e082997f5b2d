/** @file Values that change over a run. */

/** Learning rate over the run, as a factor of the optimizer's `lr`. */
export interface Schedule {
  /** Shape after the warm-up. */
  readonly kind: "cosine" | "constant" | "linear";
  /** Epochs of linear warm-up from 0. */
  readonly warmup: number;
  /** Last factor of a cosine or linear schedule. */
  readonly final: number;
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
  { kind, warmup, final }: Schedule,
  step: number,
  steps: number,
  stepsPerEpoch: number,
): number {
  const warm = Math.round(warmup * stepsPerEpoch);
  if (step < warm) return (step + 1) / warm;
  return SHAPES[kind]((step - warm) / Math.max(1, steps - warm), final);
}
