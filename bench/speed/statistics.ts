/** @file Samples in a few numbers. */

/** Median and extremes of samples. */
export interface Spread {
  readonly median: number;
  readonly least: number;
  readonly most: number;
  readonly count: number;
}

/** NaN in all numbers where there is no sample. */
export function spreadOf(samples: readonly number[]): Spread {
  const sorted = samples.toSorted((a, b) => a - b);
  const at = (index: number): number => sorted[index] ?? Number.NaN;
  const last = sorted.length - 1;
  return {
    median: (at(last >> 1) + at(sorted.length >> 1)) / 2,
    least: at(0),
    most: at(last),
    count: sorted.length,
  };
}

/** NaN where there is no sample. */
export const median = (samples: readonly number[]): number =>
  spreadOf(samples).median;

/**
 * Ours over the best other, round by round: both were measured within seconds
 * of each other.
 *
 * @param moreIsBetter Decides which of the others is best.
 */
export function ratios(
  ours: readonly number[],
  others: readonly (readonly number[])[],
  moreIsBetter: boolean,
): number[] {
  const best = moreIsBetter ? Math.max : Math.min;
  return ours.map((value, round) =>
    value / best(...others.map((samples) => samples[round] ?? Number.NaN))
  );
}
