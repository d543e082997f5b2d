/** @file Speed of a run, over its last steps. */

/** Steps that are averaged. */
const WINDOW = 50;

/** Measures steps per second, leaving out the first step, which warms up. */
export class Pace {
  readonly #times: number[] = [];
  readonly #waits: number[] = [];

  /**
   * Notes that a step ended.
   *
   * @param milliseconds Of any clock.
   * @param waited Milliseconds that all steps so far have waited for images.
   */
  tick(milliseconds: number, waited = 0): void {
    this.#times.push(milliseconds);
    this.#waits.push(waited);
    if (this.#times.length <= WINDOW + 1) return;
    this.#times.shift();
    this.#waits.shift();
  }

  /** Leaves out time that something else took after the last step. */
  skip(milliseconds: number): void {
    this.#times.forEach((time, i) => {
      this.#times[i] = time + milliseconds;
    });
  }

  /** Share of the time that steps waited for images, 0..1. */
  get waiting(): number {
    const [times, waits] = [this.#times, this.#waits];
    const time = (times.at(-1) ?? 0) - (times[0] ?? 0);
    return time > 0 ? ((waits.at(-1) ?? 0) - (waits[0] ?? 0)) / time : 0;
  }

  /** Steps per second; 0 while it cannot be known. */
  get stepsPerSecond(): number {
    const [first] = this.#times;
    const last = this.#times.at(-1);
    if (first === undefined || last === undefined || last <= first) return 0;
    return 1000 * (this.#times.length - 1) / (last - first);
  }
}
