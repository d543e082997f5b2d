/** @file A set, batch by batch, with the engine kept busy. */
import { sideBySide } from "../data/side_by_side.ts";

/**
 * Calls under way at a time: an encoder alone is a chain of ops that wait for
 * each other, so a second batch uses the threads that the first one leaves.
 */
const CALLS_AT_ONCE = 2;

function* starts(count: number, batch: number): Generator<number> {
  for (let from = 0; from < count; from += batch) yield from;
}

/**
 * Calls `work` for each batch of `count` rows: its first row, and how many
 * rows it has. Calls overlap; the first failure is thrown, an interruption's
 * reason too.
 */
export function eachBatch(
  count: number,
  batch: number,
  work: (from: number, rows: number) => Promise<void>,
  signal?: AbortSignal,
): Promise<void> {
  return sideBySide(starts(count, batch), CALLS_AT_ONCE, async (from) => {
    signal?.throwIfAborted();
    await work(from, Math.min(batch, count - from));
  });
}
