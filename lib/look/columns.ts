/** @file Numbers of a run by column, as `metrics.jsonl` gives them a line a step. */

/** A value that was written as `null`: it was no number. A value that is absent is NaN. */
export const LOST = Number.POSITIVE_INFINITY;

/** A run has some dozens; a file of a stranger may name more. */
const MOST_COLUMNS = 1000;
const MOST_KEY = 200;

/** Columns that grow together; each row is a step. */
export class Columns {
  readonly #values = new Map<string, Float32Array>();
  #steps = new Float64Array(1024);
  #rows = 0;

  /** Number of rows. */
  get rows(): number {
    return this.#rows;
  }

  /** Names of the columns, in the order in which they came. */
  get keys(): readonly string[] {
    return [...this.#values.keys()];
  }

  /** Step of each row, rising. */
  get steps(): Float64Array {
    return this.#steps.subarray(0, this.#rows);
  }

  /** Step of the last row; 0 before the first. */
  get lastStep(): number {
    return this.#steps[this.#rows - 1] ?? 0;
  }

  /** A column: a number, NaN where a row has none, or {@linkcode LOST}. */
  get(key: string): Float32Array | undefined {
    return this.#values.get(key)?.subarray(0, this.#rows);
  }

  /**
   * Adds a row, if it is one.
   *
   * @returns Whether it is: an object with a step beyond the last, and numbers.
   */
  add(line: unknown): boolean {
    if (typeof line !== "object" || line === null) return false;
    const { step } = line as { step?: unknown };
    if (!Number.isSafeInteger(step) || step as number <= this.lastStep) {
      return false;
    }
    const values = line as Readonly<Record<string, unknown>>;
    const keys = Object.keys(values);
    for (const key of keys) {
      const value = values[key];
      if (value !== null && typeof value !== "number") return false;
    }
    if (this.#rows === this.#steps.length) this.#grow();
    const row = this.#rows++;
    this.#steps[row] = step as number;
    for (const key of keys) {
      if (key === "step") continue;
      const value = values[key] as number | null;
      const column = this.#values.get(key) ?? this.#begin(key);
      if (column) column[row] = value === null ? LOST : value;
    }
    return true;
  }

  /** A row as it was written; absent values are left out. */
  row(index: number): Record<string, number | null> {
    const line: Record<string, number | null> = {
      step: this.#steps[index] as number,
    };
    for (const [key, column] of this.#values) {
      const value = column[index] as number;
      if (!Number.isNaN(value)) {
        line[key] = Number.isFinite(value) ? value : null;
      }
    }
    return line;
  }

  /** The first row whose step is at least this one. */
  rowAt(step: number): number {
    let [low, high] = [0, this.#rows];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#steps[middle] as number < step) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #begin(key: string): Float32Array | undefined {
    if (this.#values.size >= MOST_COLUMNS || key.length > MOST_KEY) {
      return undefined;
    }
    const column = new Float32Array(this.#steps.length).fill(NaN);
    this.#values.set(key, column);
    return column;
  }

  #grow(): void {
    const size = 2 * this.#steps.length;
    const steps = new Float64Array(size);
    steps.set(this.#steps);
    this.#steps = steps;
    for (const [key, old] of this.#values) {
      const column = new Float32Array(size).fill(NaN);
      column.set(old);
      this.#values.set(key, column);
    }
  }
}
