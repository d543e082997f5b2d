/** @file Order of the images in an epoch. */

/** A step of SplitMix32 (after Steele et al. 2014, doi:10.1145/2660193.2660195). */
export function splitMix32(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x9e3779b9) >>> 0;
    let z = state;
    z = Math.imul(z ^ (z >>> 16), 0x85ebca6b);
    z = Math.imul(z ^ (z >>> 13), 0xc2b2ae35);
    return (z ^ (z >>> 16)) >>> 0;
  };
}

/** Whole numbers in `0..below-1` that follow from the seed and the epoch. */
function dice(seed: number, epoch: number): (below: number) => number {
  const mixed = splitMix32(seed)() ^ Math.imul(epoch + 1, 0x9e3779b1);
  const next = splitMix32(mixed);
  // 53 random bits: the bias of a remainder would not be seen, nor is it there.
  return (below) =>
    Math.floor((next() * 2 ** 21 + (next() >>> 11)) / 2 ** 53 * below);
}

/** Shuffles a stretch of an order in its place (Fisher and Yates). */
function mix(
  order: Int32Array,
  from: number,
  end: number,
  roll: (below: number) => number,
): void {
  for (let i = end - from - 1; i > 0; i--) {
    const j = from + roll(i + 1);
    [order[from + i], order[j]] = [
      order[j] as number,
      order[from + i] as number,
    ];
  }
}

/** A permutation of `0..count-1` that depends only on the seed and the epoch. */
export function epochOrder(
  seed: number,
  epoch: number,
  count: number,
): Int32Array<ArrayBuffer> {
  const order = Int32Array.from({ length: count }, (_, i) => i);
  mix(order, 0, count, dice(seed, epoch));
  return order;
}

/** How images are read that lie one after another in parts of their set. */
export interface Turns {
  /** First image of each part, ascending. */
  readonly parts: Int32Array;
  /** Parts that are read at a time, an image of each in turn. */
  readonly lanes: number;
  /** Images read one after another that are mixed. */
  readonly buffer: number;
}

/** Images in the order in which parts are read, an image of each open part in turn. */
function reading(
  shuffled: Int32Array,
  count: number,
  { parts, lanes }: Turns,
): Int32Array<ArrayBuffer> {
  const order = new Int32Array(count);
  let [opened, at] = [0, 0];
  const open = (): { next: number; end: number } | undefined => {
    while (opened < shuffled.length) {
      const part = shuffled[opened++] as number;
      const [next = 0, end = count] = [parts[part], parts[part + 1]];
      if (next < end) return { next, end };
    }
    return undefined;
  };
  const running = Array.from({ length: lanes }, open)
    .filter((lane) => lane !== undefined);
  while (running.length > 0) {
    for (let i = 0; i < running.length; i++) {
      const lane = running[i] as { next: number; end: number };
      order[at++] = lane.next++;
      if (lane.next < lane.end) continue;
      const next = open();
      if (next) running[i] = next;
      else running.splice(i--, 1);
    }
  }
  return order;
}

/**
 * A permutation of `0..count-1` that keeps to parts: they are shuffled, some
 * are read at a time from their beginning to their end, and images that follow
 * each other so are mixed, `buffer` at a time. It depends on nothing else but
 * the seed and the epoch.
 */
export function partsOrder(
  seed: number,
  epoch: number,
  count: number,
  turns: Turns,
): Int32Array<ArrayBuffer> {
  const shuffled = epochOrder(seed, epoch, turns.parts.length);
  const order = reading(shuffled, count, turns);
  const { buffer } = turns;
  const roll = dice(seed ^ 0x5eed, epoch);
  // Stretches begin elsewhere in each epoch: the same images do not always share one.
  for (let from = -roll(buffer); from < count; from += buffer) {
    mix(order, Math.max(0, from), Math.min(count, from + buffer), roll);
  }
  return order;
}
