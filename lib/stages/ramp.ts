/** @file Numeric options that change over a run. */
import { z } from "zod";
import { choice } from "./choice.ts";

/** A value that goes from one number to another. */
export interface Ramp {
  /** At the first step. */
  readonly from: number;
  /** From the end of the ramp on. */
  readonly to: number;
  /** Epochs that it takes; the whole run by default. */
  readonly epochs?: number | undefined;
  /** Half a cosine (the default), a line, or all at once at its end. */
  readonly shape?: "cosine" | "linear" | "step" | undefined;
}

type Shape = NonNullable<Ramp["shape"]>;

/** A number, or one that changes over the run. */
export type Rampable = number | Ramp;

/**
 * Allows `{ from, to }` in the place of a number.
 *
 * A stage reads such an option with `run.scheduled(name)`.
 *
 * @example
 * ```ts
 * import { ramp } from "stopgrad";
 * import { z } from "zod";
 *
 * const options = z.strictObject({
 *   temperature: ramp(z.number().positive().max(10)).default(0.1),
 * });
 * console.log(options.parse({ temperature: { from: 0.04, to: 0.07 } }));
 * ```
 *
 * @param number What each end has to be.
 */
export function ramp(
  number: z.ZodType<number>,
): z.ZodUnion<[z.ZodType<number>, z.ZodType<Ramp>]> {
  const range = z.strictObject({
    from: number.describe("At the start of the run"),
    to: number.describe("At the end of the ramp, and from then on"),
    epochs: z.number().positive().optional().describe(
      "Epochs that the ramp takes; the whole run by default",
    ),
    shape: choice({
      cosine: "half a cosine, the default",
      linear: "a line",
      step: "all at once, when the epochs are over",
    }).optional().describe("How it goes from one to the other"),
  });
  return z.union([number, range as z.ZodType<Ramp>]);
}

/** Whether an option changes over the run. */
export function isRamp(value: unknown): value is Ramp {
  return typeof value === "object" && value !== null && "from" in value &&
    "to" in value;
}

/** Names of a definition's options that change over the run. */
export const rampsOf = (options: unknown): string[] =>
  typeof options === "object" && options !== null
    ? Object.entries(options).filter(([, value]) => isRamp(value))
      .map(([name]) => name)
    : [];

/** What is left of the way from one number to the other, after a share of the ramp. */
const LEFT: Readonly<Record<Shape, (done: number) => number>> = {
  cosine: (done) => (Math.cos(Math.PI * done) + 1) / 2,
  linear: (done) => 1 - done,
  step: (done) => done < 1 ? 1 : 0,
};

/**
 * Value of a ramp in a step. Half a cosine is that of BYOL's momentum (Grill et
 * al. 2020, arXiv:2006.07733, section 3.2).
 *
 * @param step Steps done before this one.
 */
export function rampValue(
  { from, to, epochs, shape = "cosine" }: Ramp,
  step: number,
  steps: number,
  stepsPerEpoch: number,
): number {
  const length = epochs === undefined ? steps : epochs * stepsPerEpoch;
  return to - (to - from) * LEFT[shape](Math.min(step, length) / length);
}
