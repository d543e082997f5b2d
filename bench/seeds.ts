/** @file What several seeds gave, in two numbers. */

/** Values of several seeds, in their unit. */
export interface Spread {
  readonly mean: number;
  /** Standard deviation of the sample; 0 for one seed. */
  readonly deviation: number;
  readonly count: number;
}

/** Arithmetic mean; NaN where there is no value. */
export const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

/** Mean and sample standard deviation. */
export function spreadOf(values: readonly number[]): Spread {
  const centre = mean(values);
  const squares = values.map((value) => (value - centre) ** 2);
  const freedom = Math.max(1, values.length - 1);
  const deviation = Math.sqrt(mean(squares) * values.length / freedom);
  return { mean: centre, deviation, count: values.length };
}

/** Standard error of the mean. */
export const standardError = ({ deviation, count }: Spread): number =>
  deviation / Math.sqrt(count);

/** With its sign, such as `+1.2`. */
export const signed = (value: number, digits: number): string =>
  `${value < 0 ? "−" : "+"}${Math.abs(value).toFixed(digits)}`;
