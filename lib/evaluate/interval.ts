/** @file How far an accuracy would be from itself with other test images. */
import { splitMix32 } from "../data/shuffle.ts";

/** Share of the resamples that lie within. */
export const CONFIDENCE = 0.95;
/** Resamples. */
export const RESAMPLES = 1000;

/**
 * A percentile bootstrap over test images (Efron 1979,
 * doi:10.1214/aos/1176344552).
 *
 * @param right For each test image how often it was right, in 0..1.
 * @returns The least and the greatest mean of the resamples within.
 */
export function bootstrap(
  right: ArrayLike<number>,
  seed = 0,
): readonly [number, number] {
  const next = splitMix32(seed);
  const count = right.length;
  const means = Float64Array.from({ length: RESAMPLES }, () => {
    let sum = 0;
    for (let i = 0; i < count; i++) {
      sum += right[Math.floor(next() / 2 ** 32 * count)] as number;
    }
    return sum / count;
  }).sort();
  const out = (1 - CONFIDENCE) / 2;
  return [
    means[Math.floor(out * RESAMPLES)] as number,
    means[Math.ceil((1 - out) * RESAMPLES) - 1] as number,
  ];
}
