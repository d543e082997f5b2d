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

/**
 * A permutation of `0..count-1` that depends only on the seed and the epoch
 * (Fisher and Yates).
 */
export function epochOrder(
  seed: number,
  epoch: number,
  count: number,
): Int32Array<ArrayBuffer> {
  const mixed = splitMix32(seed)() ^ Math.imul(epoch + 1, 0x9e3779b1);
  const next = splitMix32(mixed);
  const order = Int32Array.from({ length: count }, (_, i) => i);
  for (let i = count - 1; i > 0; i--) {
    // 53 random bits: the bias of a remainder would not be seen, nor is it there.
    const unit = (next() * 2 ** 21 + (next() >>> 11)) / 2 ** 53;
    const j = Math.floor(unit * (i + 1));
    [order[i], order[j]] = [order[j] as number, order[i] as number];
  }
  return order;
}
