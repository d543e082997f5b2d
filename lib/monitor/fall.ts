/** @file A figure on its way to a collapse, told before it is one. */
import type { Fault } from "./policy.ts";
import { VERDICTS } from "./verdicts.ts";
import type { Reading } from "./verdicts/define.ts";

/** A figure that falls towards its threshold. */
export interface Fall {
  /** The fault that it leads to: its key in `monitor:`. */
  readonly fault: Fault;
  /** Steps done when it was noticed. */
  readonly step: number;
  /** Stage that it is about. */
  readonly stage: string;
  /** Name of the figure. */
  readonly figure: string;
  /** The highest that it was. */
  readonly from: number;
  /** What it has fallen to. */
  readonly value: number;
  /** Below this it is the fault. */
  readonly threshold: number;
  /** All this as a sentence. */
  readonly message: string;
}

/** What a check read, and when. */
export interface Dated {
  readonly step: number;
  readonly reading: Reading;
}

const short = (value: number): string => String(Number(value.toPrecision(2)));

/** Whether a figure is so low that it would be bad soon. */
export const isLow = ({ value, fall }: Reading): boolean =>
  fall !== undefined && value < fall.early;

/** What falls between two checks, if it is low already. */
export function fallOf(
  fault: Fault,
  before: Dated,
  now: Dated,
): Fall | undefined {
  const { step, reading } = now;
  const { stage, figure, value, threshold, fall } = reading;
  if (!fall || threshold === undefined || !isLow(reading)) return undefined;
  // A rule that follows several figures tells of the lowest.
  if (before.reading.figure !== figure) return undefined;
  const pace = (before.reading.value - value) / (step - before.step);
  if (!(pace > 0)) return undefined;
  const there = Math.ceil(step + Math.max(0, value - threshold) / pace);
  const then = `the run has ${VERDICTS[fault].phrase}`;
  const where = value < threshold
    ? `if it stays below ${short(threshold)}, ${then}`
    : `at this pace it is below ${
      short(threshold)
    } by step ${there}, and ${then}`;
  return {
    fault,
    step,
    stage,
    figure,
    from: fall.from,
    value,
    threshold,
    message: `stage "${stage}": ${figure} has fallen from ${
      short(fall.from)
    } to ${short(value)}: ${where}`,
  };
}
