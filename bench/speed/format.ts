/** @file Measured numbers as text. */
import { integer } from "../../lib/cli/format.ts";
import type { Unit } from "./bench.ts";
import { median, type Spread, spreadOf } from "./statistics.ts";

const GIGA = 1e9;

/** A number of a unit, without the unit. */
const NUMBERS: Readonly<Record<Unit, (value: number) => string>> = {
  "images/s": (value) => value < 100 ? value.toFixed(1) : integer(value),
  "views/s": integer,
  "FLOP/s": (value) => integer(value / GIGA),
  seconds: (value) => value.toFixed(2),
  bytes: (value) => (value / GIGA).toFixed(2),
};

/** What stands behind the number. */
export const UNIT_NAMES: Readonly<Record<Unit, string>> = {
  "images/s": "images/s",
  "views/s": "views/s",
  "FLOP/s": "GFLOP/s",
  seconds: "s",
  bytes: "GB",
};

const range = ({ least, most, count }: Spread, show: (x: number) => string) =>
  count > 1 ? ` (${show(least)}–${show(most)})` : "";

/** Median and extremes, such as `1,830 (1,790–1,850) images/s`. */
export function measured(samples: readonly number[], unit: Unit): string {
  const spread = spreadOf(samples);
  const show = NUMBERS[unit];
  return `${show(spread.median)}${range(spread, show)} ${UNIT_NAMES[unit]}`;
}

/** The median alone, with its unit. */
export const medianText = (samples: readonly number[], unit: Unit): string =>
  `${NUMBERS[unit](median(samples))} ${UNIT_NAMES[unit]}`;

/** Ratios, such as `1.52 (1.50–1.55)`. */
export function ratioText(values: readonly number[]): string {
  const spread = spreadOf(values);
  const show = (value: number): string => value.toFixed(2);
  return `${show(spread.median)}${range(spread, show)}`;
}

/** Operations in GFLOP, with three digits at least. */
export const gigaflop = (flops: number): string =>
  flops < 1000 * GIGA ? (flops / GIGA).toPrecision(3) : integer(flops / GIGA);

/** Such as `71 %`. */
export const percent = (share: number): string =>
  `${(100 * share).toFixed(0)} %`;
