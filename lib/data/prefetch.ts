/** @file Decodes batches ahead of the steps that need them. */
import { AT_ONCE } from "./at_once.ts";
import { sideBySide } from "./side_by_side.ts";
import type { ImageStream } from "./source.ts";
import { UserError } from "../errors.ts";
import type { TensorData } from "../ir/dtype.ts";
import { PlanarBatch } from "./planar.ts";

/** Decoded batches that may wait: enough to even out slow files. */
const MOST_AHEAD = 8;
const MOST_AHEAD_BYTES = 2 ** 28;

/** A decoded batch. */
export interface DecodedBatch {
  /** uint8 `[batch, channels, height, width]`. */
  readonly images: TensorData;
  /** Which image each row is: another than was asked for where that one is bad. */
  readonly rows: Int32Array;
}

class Pending {
  readonly done = Promise.withResolvers<DecodedBatch>();
  readonly rows: Int32Array;
  readonly #batch: PlanarBatch;
  #missing: number;

  constructor(wanted: Int32Array, stream: ImageStream) {
    const { height, width, channels } = stream;
    this.rows = wanted.slice();
    this.#missing = wanted.length;
    this.#batch = new PlanarBatch(wanted.length, { height, width, channels });
    // Whoever takes the batch hears of a failure; until then nobody listens.
    this.done.promise.catch(() => {});
  }

  put(row: number, image: number, pixels: Uint8Array): void {
    this.rows[row] = image;
    this.#batch.put(row, pixels);
    if (--this.#missing > 0) return;
    this.done.resolve({ images: this.#batch.tensor, rows: this.rows });
  }
}

interface Work {
  readonly batch: Pending;
  readonly row: number;
}

/**
 * Batches in order, each decoded before it is asked for.
 *
 * An image that cannot be read, and that is to be left out, gives its row to
 * the next one of the set that can: which one, depends on the files alone, so
 * that a resumed run sees the same images.
 */
export class Prefetcher {
  readonly #stream: ImageStream;
  readonly #indicesOf: (batch: number) => Int32Array;
  readonly #end: number;
  readonly #ahead: number;
  readonly #pending = new Map<number, Pending>();
  readonly #finished: Promise<void>;
  #next: number;
  #closed = false;
  #failure: { readonly error: unknown } | undefined;
  #room = Promise.withResolvers<void>();

  /**
   * @param indicesOf Images of a batch.
   * @param first First batch.
   * @param end One past the last batch.
   */
  constructor(
    stream: ImageStream,
    indicesOf: (batch: number) => Int32Array,
    first: number,
    end: number,
  ) {
    this.#stream = stream;
    this.#indicesOf = indicesOf;
    this.#next = first;
    this.#end = end;
    const { height, width, channels } = stream;
    const bytes = indicesOf(first).length * height * width * channels;
    this.#ahead = Math.max(
      1,
      Math.min(MOST_AHEAD, Math.floor(MOST_AHEAD_BYTES / bytes)),
    );
    this.#finished = sideBySide(
      this.#work(first),
      stream.atOnce ?? AT_ONCE,
      (work) => this.#decode(work),
    ).catch((error: unknown) => {
      this.#failure = { error };
      for (const { done } of this.#pending.values()) done.reject(error);
    });
  }

  /** Rows to decode, in order, for as long as there is room. */
  async *#work(first: number): AsyncGenerator<Work> {
    for (let step = first; step < this.#end; step++) {
      while (step >= this.#next + this.#ahead && !this.#closed) {
        await this.#room.promise;
      }
      if (this.#closed) return;
      const wanted = this.#indicesOf(step);
      const batch = new Pending(wanted, this.#stream);
      this.#pending.set(step, batch);
      this.#announce();
      for (let row = 0; row < wanted.length; row++) {
        if (this.#closed) return;
        yield { batch, row };
      }
    }
  }

  async #decode({ batch, row }: Work): Promise<void> {
    const { count } = this.#stream;
    const wanted = batch.rows[row] as number;
    for (let i = 0; i < count; i++) {
      const image = (wanted + i) % count;
      const pixels = await this.#stream.decode(image);
      if (!pixels) continue;
      batch.put(row, image, pixels);
      return;
    }
    throw new UserError(
      `Cannot read any of the ${count} images any more.\nTo see why, set on_error: fail under "data".`,
    );
  }

  #announced = Promise.withResolvers<void>();

  #announce(): void {
    this.#announced.resolve();
    this.#announced = Promise.withResolvers<void>();
  }

  /**
   * The next batch, in order also where several are asked for at once.
   *
   * @throws {UserError} When an image cannot be read and that is to end the run.
   */
  async take(): Promise<DecodedBatch> {
    const step = this.#next++;
    if (step >= this.#end) throw new Error("internal: no batch is left");
    this.#room.resolve();
    this.#room = Promise.withResolvers<void>();
    let batch = this.#pending.get(step);
    while (!batch) {
      if (this.#failure) throw this.#failure.error;
      await Promise.race([this.#announced.promise, this.#finished]);
      batch = this.#pending.get(step);
    }
    const decoded = await batch.done.promise;
    this.#pending.delete(step);
    return decoded;
  }

  /** Stops decoding; resolves when no file is being read any more. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#room.resolve();
    await this.#finished;
    await this.#stream.release?.();
  }
}
