/** @file Which images each step of a run takes. */
import { epochOrder, partsOrder, type Turns } from "../data/shuffle.ts";
import type { RunLength } from "./run_length.ts";

/** Batches of a run: a function of the seed and the step alone. */
export class ImageOrder {
  /** Order of the last epochs that were asked for; two, as decoding runs ahead. */
  readonly #epochs = new Map<number, Int32Array<ArrayBuffer>>();

  constructor(
    readonly seed: number,
    /** Images of the set. */
    readonly count: number,
    /** Images of a batch. */
    readonly batch: number,
    readonly length: RunLength,
    /** How the images lie, where they are read one after another. */
    readonly turns?: Turns,
  ) {}

  /** Images of a step, counted from 0. */
  batchOf(step: number): Int32Array<ArrayBuffer> {
    const { stepsPerEpoch, shift } = this.length;
    const place = step + shift;
    const order = this.#epoch(Math.floor(place / stepsPerEpoch));
    const from = (place % stepsPerEpoch) * this.batch;
    return order.slice(from, from + this.batch);
  }

  #epoch(epoch: number): Int32Array<ArrayBuffer> {
    const known = this.#epochs.get(epoch);
    if (known) return known;
    const { seed, count, turns } = this;
    const order = turns
      ? partsOrder(seed, epoch, count, turns)
      : epochOrder(seed, epoch, count);
    this.#epochs.set(epoch, order);
    if (this.#epochs.size > 2) {
      this.#epochs.delete(Math.min(...this.#epochs.keys()));
    }
    return order;
  }
}
