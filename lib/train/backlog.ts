/** @file Things that come before there is somebody to take them. */

/** Keeps what comes until somebody takes it. */
export class Backlog<T> {
  #kept: T[] = [];
  #take: ((item: T) => void) | undefined;

  push(item: T): void {
    if (this.#take) this.#take(item);
    else this.#kept.push(item);
  }

  /** Gives all that was kept, and from now on what comes. */
  pourInto(take: (item: T) => void): void {
    this.#take = take;
    this.#kept.forEach(take);
    this.#kept = [];
  }
}
