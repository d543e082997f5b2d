/** @file Features of images, batch by batch, with the engine kept busy. */
import { planarBatch, range } from "../data/planar.ts";
import { type DecodedBatch, Prefetcher } from "../data/prefetch.ts";
import { type Images, isInMemory } from "../data/source.ts";
import type { Executable } from "../compile/machine.ts";

/** Features of some images. */
export interface EmbeddedBatch {
  /** Which image each row is of; those that cannot be read have none. */
  readonly rows: Int32Array;
  /** Numbers of a row. */
  readonly width: number;
  /** `[rows, width]`. */
  readonly features: Float32Array;
}

/** Which images are embedded, and how many at a time. */
export interface EmbedRange {
  /** Images of a call; it is what the program was made for. */
  readonly batch: number;
  /** The first image, by default the first of all. */
  readonly from?: number;
  /** Ends it after the batch at hand, with the signal's reason as error. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Calls under way at a time: an encoder alone is a chain of ops that wait for
 * each other, so a second batch uses the threads that the first one leaves.
 */
const CALLS_AT_ONCE = 2;

/** Batches of a set, asked for in its order; past the end, the last image repeats. */
function batchesOf(set: Images, { batch, from = 0 }: EmbedRange): {
  next(first: number): DecodedBatch | Promise<DecodedBatch>;
  close(): Promise<void>;
} {
  const indices = (first: number): Int32Array<ArrayBuffer> =>
    range(first, batch).map((image) => Math.min(image, set.count - 1));
  if (isInMemory(set)) {
    return {
      next(first) {
        const rows = indices(first);
        return { images: planarBatch(set, rows), rows };
      },
      close: () => Promise.resolve(),
    };
  }
  const decoder = new Prefetcher(
    set,
    (number) => indices(from + number * batch),
    0,
    Math.ceil((set.count - from) / batch),
  );
  return { next: () => decoder.take(), close: () => decoder.close() };
}

/** The rows that are of the images that were asked for. */
function kept(
  features: Float32Array,
  rows: Int32Array,
  from: number,
  count: number,
): EmbeddedBatch {
  const width = features.length / rows.length;
  const good = range(0, count).filter((row) => rows[row] === from + row);
  if (good.length === count) {
    return {
      rows: range(from, count),
      width,
      features: features.subarray(0, count * width),
    };
  }
  // In the place of a bad image stands another, which counts once.
  const values = new Float32Array(good.length * width);
  good.forEach((row, i) => {
    values.set(features.subarray(row * width, (row + 1) * width), i * width);
  });
  return { rows: good.map((row) => from + row), width, features: values };
}

/**
 * Features of a set, in its order.
 *
 * @param program Feeds `images`, `[batch, channels, height, width]`; fetches
 * `features`.
 * @throws {UserError} When an image cannot be read and that is to end it.
 */
export async function* embedded(
  program: Executable,
  set: Images,
  options: EmbedRange,
): AsyncGenerator<EmbeddedBatch, void> {
  const { batch, from = 0, signal } = options;
  const { next, close } = batchesOf(set, options);
  const start = async (first: number): Promise<EmbeddedBatch> => {
    const { images, rows } = await next(first);
    const { features } = await program.run({ images });
    const count = Math.min(batch, set.count - first);
    return kept(features?.data as Float32Array, rows, first, count);
  };
  const calls: Promise<EmbeddedBatch>[] = [];
  try {
    for (let first = from; first < set.count; first += batch) {
      signal?.throwIfAborted();
      const call = start(first);
      // Whoever takes it hears of a failure; until then nobody listens.
      call.catch(() => {});
      calls.push(call);
      if (calls.length < CALLS_AT_ONCE) continue;
      yield await calls.shift() as EmbeddedBatch;
    }
    for (const call of calls.splice(0)) yield await call;
  } finally {
    await Promise.allSettled(calls);
    await close();
  }
}
