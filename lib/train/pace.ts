/** @file Speed of a run, over its last steps. */

/** Steps that are averaged. */
const WINDOW = 50;

/** Measures steps per second, leaving out the first step, which warms up. */
export class Pace {
  readonly #times: number[] = [];

  /** Notes that a step ended. */
  tick(milliseconds: number): void {
    this.#times.push(milliseconds);
    if (this.#times.length > WINDOW + 1) this.#times.shift();
  }

  /** Steps per second; 0 while it cannot be known. */
  get stepsPerSecond(): number {
    const [first] = this.#times;
    const last = this.#times.at(-1);
    if (first === undefined || last === undefined || last <= first) return 0;
    return 1000 * (this.#times.length - 1) / (last - first);
  }
}
