/** @file The nearest rows of each row, exactly, by the engine. */
import * as tf from "@tensorflow/tfjs";
import { eachBatch } from "../evaluate/each_batch.ts";
import type { Features } from "../evaluate/features.ts";
import { l2Normalize } from "../ops/normalize.ts";
import type { VariableRef } from "../trace/execution.ts";
import type { Programs } from "../compile/runtime.ts";

/** Nearest rows of each query, the nearest first. */
export interface Neighbours {
  /** How many of each. */
  readonly k: number;
  /** `[queries, k]`: rows of the bank. */
  readonly rows: Int32Array;
  /** `[queries, k]`: their cosine similarity. */
  readonly similarity: Float32Array;
}

const BATCH = 200;

/**
 * The `k` rows of a bank that are the most similar to each query, by the
 * cosine of their angle.
 */
export async function nearestOf(
  programs: Programs,
  bank: Features,
  queries: Features,
  wanted: number,
  signal?: AbortSignal,
): Promise<Neighbours> {
  const { width, count } = bank;
  const k = Math.min(wanted, count);
  const rows: VariableRef = {
    path: "similar/bank",
    shape: [count, width],
    dtype: "float32",
  };
  await programs.load("similar_upload", (execution) => {
    const fed = execution.feed("rows", rows.shape, "float32");
    execution.assign(rows, l2Normalize(fed as tf.Tensor2D));
    return {};
  }).run({ rows: { dtype: "float32", shape: rows.shape, data: bank.data } });
  const search = programs.load("similar", (execution) => {
    const fed = execution.feed("queries", [BATCH, width], "float32");
    const { values, indices } = tf.topk(
      tf.matMul(
        l2Normalize(fed as tf.Tensor2D),
        execution.read(rows) as tf.Tensor2D,
        false,
        true,
      ),
      k,
    );
    return { values, indices };
  });
  const found = {
    k,
    rows: new Int32Array(queries.count * k),
    similarity: new Float32Array(queries.count * k),
  };
  await eachBatch(queries.count, BATCH, async (from, length) => {
    const data = new Float32Array(BATCH * width);
    data.set(queries.data.subarray(from * width, (from + BATCH) * width));
    const { values, indices } = await search.run({
      queries: { dtype: "float32", shape: [BATCH, width], data },
    });
    for (let i = 0; i < length * k; i++) {
      found.rows[from * k + i] = Number(indices?.data[i]);
      found.similarity[from * k + i] = Number(values?.data[i]);
    }
  }, signal);
  return found;
}

/** Two rows that are nearly the same. */
export interface Pair {
  readonly a: number;
  readonly b: number;
  readonly similarity: number;
}

/** Pairs of a set's own neighbours that are at least so similar, the most first. */
export function pairsOf(
  { k, rows, similarity }: Neighbours,
  least: number,
): Pair[] {
  const pairs = new Map<string, Pair>();
  for (let i = 0; i < rows.length; i++) {
    const [one, other] = [Math.floor(i / k), rows[i] as number];
    const value = similarity[i] as number;
    if (one === other || value < least) continue;
    const [a, b] = [Math.min(one, other), Math.max(one, other)];
    pairs.set(`${a},${b}`, { a, b, similarity: value });
  }
  return [...pairs.values()].sort((x, y) =>
    y.similarity - x.similarity || x.a - y.a || x.b - y.b
  );
}
