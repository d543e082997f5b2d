/** @file Lines that are still to be sent, as metrics of MLflow. */
import type { TrackedLine } from "../tracker.ts";

/** A metric as MLflow takes it; what is no number as text. */
export interface Metric {
  readonly key: string;
  readonly value: number | string;
  /** Milliseconds since 1970. */
  readonly timestamp: number;
  readonly step: number;
}

/** A line, and when it was; before the process began only its place is known. */
interface Waiting {
  readonly line: TrackedLine;
  readonly time?: number;
}

/** Numbers that are held while the server is away: some 100 MB at most. */
const MOST_NUMBERS = 500_000;

/** Names as every store of MLflow can hold them: some are files, so no `/`. */
export const nameOf = (key: string): string =>
  key.replaceAll(":", ".").replaceAll(/[^\w.\- ]/g, "_").slice(0, 250);

/** A number as MLflow's JSON has it. */
export const numberOf = (value: number | null): number | string =>
  value === null || Number.isNaN(value)
    ? "NaN"
    : Number.isFinite(value)
    ? value
    : value > 0
    ? "Infinity"
    : "-Infinity";

/** A queue of lines in the order of their steps, without a gap. */
export class LineQueue {
  readonly #lines: Waiting[] = [];
  #numbers = 0;
  #forgotten = 0;
  #full = false;

  /** Lines that wait. */
  get length(): number {
    return this.#lines.length;
  }

  /** Whether later lines were left out, because too many wait. */
  get full(): boolean {
    return this.#full;
  }

  /** Adds a line, unless too many wait: what is sent has no gap then. */
  add(line: TrackedLine, time?: number): void {
    // A step that is done again after a checkpoint.
    if ((line["step"] ?? 0) <= this.#forgotten) return;
    this.#numbers += Object.keys(line).length;
    if (this.#numbers > MOST_NUMBERS) this.#full = true;
    if (this.#full) return;
    this.#lines.push({ line, ...(time === undefined ? {} : { time }) });
  }

  /** Forgets lines up to a step, those that are still to come, too. */
  forgetUpTo(step: number): void {
    this.#forgotten = step;
    const kept = this.#lines.findIndex(({ line }) =>
      (line["step"] ?? 0) > step
    );
    this.drop(kept < 0 ? this.#lines.length : kept);
  }

  /** Forgets the first lines. */
  drop(count: number): void {
    for (const { line } of this.#lines.splice(0, count)) {
      this.#numbers -= Object.keys(line).length;
    }
  }

  /**
   * The first lines, as many whole ones as fit.
   *
   * @param most Metrics.
   * @param timeAt When a line was that has only its `seconds`.
   */
  head(
    most: number,
    timeAt: (seconds: number) => number,
  ): { readonly lines: number; readonly metrics: readonly Metric[] } {
    const metrics: Metric[] = [];
    let lines = 0;
    for (const { line, time } of this.#lines) {
      const { step, ...values } = line;
      const own = Object.entries(values);
      if (lines > 0 && metrics.length + own.length > most) break;
      const timestamp = Math.round(time ?? timeAt(line["seconds"] ?? 0));
      for (const [key, value] of own.slice(0, most)) {
        metrics.push({
          key: nameOf(key),
          value: numberOf(value),
          timestamp,
          step: step ?? 0,
        });
      }
      lines++;
    }
    return { lines, metrics };
  }
}
