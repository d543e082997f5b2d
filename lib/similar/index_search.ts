/**
 * @file The nearest rows of each row of a large set, by an index: a graph of
 * neighbours (HNSW, Malkov and Yashunin 2018, arXiv:1603.09320), by usearch.
 */
import { setImmediate } from "node:timers/promises";
import type { Programs } from "../compile/runtime.ts";
import { rowsChosen } from "../evaluate/labelled.ts";
import { epochOrder } from "../data/shuffle.ts";
import type { Features } from "../evaluate/features.ts";
import { nearestOf, type Neighbours } from "./neighbours.ts";

/** What an index found, and how much of what is there. */
export interface IndexSearch {
  readonly found: Neighbours;
  /** Share of the nearest rows that it found, of those that were looked for by all. */
  readonly recall: number;
  /** Rows that were asked to measure it. */
  readonly asked: number;
}

/** How it is searched. */
export interface IndexOptions {
  readonly threads?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: (done: number) => void;
}

/** Links of a row; twice as many in the lowest layer. */
const CONNECTIVITY = 16;
/** Rows that are looked at as a row is put in, and as one is searched for. */
const [EXPANSION_ADD, EXPANSION_SEARCH] = [128, 128];
/** Rows between two looks at the signal. */
const BATCH = 5000;
/** Rows whose nearest are looked for by all, to measure what the index finds. */
const ASKED = 500;

/** Share of the exact neighbours that were found, itself not counted. */
export function recallOf(
  exact: Neighbours,
  found: Neighbours,
  rows: ArrayLike<number>,
): number {
  let [right, all] = [0, 0];
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i] as number;
    const own = new Set(
      found.rows.subarray(row * found.k, (row + 1) * found.k),
    );
    for (const near of exact.rows.subarray(i * exact.k, (i + 1) * exact.k)) {
      if (near === row) continue;
      all++;
      if (own.has(near)) right++;
    }
  }
  return all > 0 ? right / all : 1;
}

/** The `k` rows of a set that are the most similar to each of its rows. */
export async function nearestByIndex(
  programs: Programs,
  bank: Features,
  wanted: number,
  { threads = navigator.hardwareConcurrency, signal, onProgress = () => {} }:
    IndexOptions = {},
): Promise<IndexSearch> {
  // Only here, for it is native code.
  const { Index, MetricKind, ScalarKind } = await import("usearch");
  const { count, width, data } = bank;
  const k = Math.min(wanted, count);
  const index = new Index({
    dimensions: width,
    metric: MetricKind.Cos,
    quantization: ScalarKind.F32,
    connectivity: CONNECTIVITY,
    expansion_add: EXPANSION_ADD,
    expansion_search: EXPANSION_SEARCH,
    multi: false,
  });
  const batches = async (
    work: (rows: Float32Array, from: number, length: number) => void,
  ): Promise<void> => {
    for (let from = 0; from < count; from += BATCH) {
      const length = Math.min(BATCH, count - from);
      work(data.subarray(from * width, (from + length) * width), from, length);
      // Signals are heard between two batches.
      await setImmediate();
      signal?.throwIfAborted();
    }
  };
  await batches((rows, from, length) => {
    const keys = BigUint64Array.from(
      { length },
      (_, i) => BigInt(from + i),
    );
    index.add(keys, rows, threads);
    onProgress(from + length);
  });
  const found = {
    k,
    rows: new Int32Array(count * k),
    similarity: new Float32Array(count * k),
  };
  await batches((rows, from, length) => {
    const { keys, distances } = index.search(rows, k, threads) as {
      readonly keys: BigUint64Array;
      readonly distances: Float32Array;
    };
    for (let i = 0; i < length * k; i++) {
      found.rows[from * k + i] = Number(keys[i]);
      found.similarity[from * k + i] = 1 - (distances[i] as number);
    }
  });
  const rows = epochOrder(0, 0, count).slice(0, ASKED);
  const exact = await nearestOf(
    programs,
    bank,
    rowsChosen(bank, rows),
    k,
    signal,
  );
  return {
    found,
    recall: recallOf(exact, found, rows),
    asked: rows.length,
  };
}
