/** @file The exponential of an entropy: how many shares are worth counting. */

/**
 * `exp(-sum p log p)` with `p = values / sum`: n for n equal values, 1 for a
 * single one, 0 for none.
 */
export function entropyRank(values: readonly number[]): number {
  const total = values.reduce((sum, value) => sum + value, 0);
  if (!(total > 0)) return total === 0 ? 0 : NaN;
  let entropy = 0;
  for (const value of values) {
    const p = value / total;
    if (p > 0) entropy -= p * Math.log(p);
  }
  return Math.exp(entropy);
}
