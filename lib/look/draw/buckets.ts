/**
 * @file A curve with no more points than can be seen: for each pixel of its
 * width the least and the largest value, so that no peak is lost.
 */

/** Points of a curve, by rising x; of a single value, least and largest are equal. */
export interface Buckets {
  readonly x: number[];
  readonly least: number[];
  readonly largest: number[];
  /** Places where a value was none (`NaN`, infinite). */
  readonly lost: number[];
}

/** Buckets of nothing. */
export const noBuckets = (): Buckets => ({
  x: [],
  least: [],
  largest: [],
  lost: [],
});

/**
 * Least and largest value of each pixel.
 *
 * @param xs Rising.
 * @param ys NaN where there is no value, an infinity where it was no number.
 * @param range First and last x; by default those of all.
 * @param width Pixels.
 */
export function bucketsOf(
  xs: ArrayLike<number>,
  ys: ArrayLike<number>,
  width: number,
  range?: readonly [number, number],
): Buckets {
  const count = Math.min(xs.length, ys.length);
  const [from = xs[0] ?? 0, to = xs[count - 1] ?? 0] = range ?? [];
  const found = noBuckets();
  const scale = to > from ? width / (to - from) : 0;
  let last = -1;
  for (let i = lowerBound(xs, from, count); i < count; i++) {
    const x = xs[i] as number;
    if (x > to) break;
    const y = ys[i] as number;
    if (Number.isNaN(y)) continue;
    if (!Number.isFinite(y)) {
      if (found.lost.length < width) found.lost.push(x);
      continue;
    }
    const pixel = Math.min(width - 1, Math.floor((x - from) * scale));
    const at = found.x.length - 1;
    if (pixel === last) {
      if (y < (found.least[at] as number)) found.least[at] = y;
      if (y > (found.largest[at] as number)) found.largest[at] = y;
    } else {
      found.x.push(x);
      found.least.push(y);
      found.largest.push(y);
      last = pixel;
    }
  }
  return found;
}

/** The first index whose x is at least this one. */
export function lowerBound(
  xs: ArrayLike<number>,
  x: number,
  count: number = xs.length,
): number {
  let [low, high] = [0, count];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (xs[middle] as number < x) low = middle + 1;
    else high = middle;
  }
  return low;
}

/**
 * Adds points that came later, in place. Where there are more than twice as
 * many as `width`, neighbours are joined, so that a curve that grows for days
 * stays as small.
 */
export function appendTo(
  buckets: Buckets,
  xs: ArrayLike<number>,
  ys: ArrayLike<number>,
  width: number,
): void {
  const { x, least, largest, lost } = buckets;
  for (let i = 0; i < Math.min(xs.length, ys.length); i++) {
    const y = ys[i] as number;
    if (Number.isNaN(y)) continue;
    if (!Number.isFinite(y)) {
      if (lost.length < width) lost.push(xs[i] as number);
      continue;
    }
    x.push(xs[i] as number);
    least.push(y);
    largest.push(y);
  }
  while (x.length > 2 * width) {
    const half = Math.ceil(x.length / 2);
    for (let i = 0; i < half; i++) {
      const [a, b] = [2 * i, Math.min(2 * i + 1, x.length - 1)];
      x[i] = x[a] as number;
      least[i] = Math.min(least[a] as number, least[b] as number);
      largest[i] = Math.max(largest[a] as number, largest[b] as number);
    }
    for (const values of [x, least, largest]) values.length = half;
  }
}
