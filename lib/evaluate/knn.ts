/** @file Weighted k-nearest-neighbour classification. */
import * as tf from "@tensorflow/tfjs";
import { l2Normalize } from "../ops/normalize.ts";
import type { Programs } from "../compile/runtime.ts";
import { top1 } from "./accuracy.ts";
import { eachBatch } from "./each_batch.ts";
import { loadOnce } from "./load_once.ts";
import { type Labelled, uploadSet } from "./probe_set.ts";

/** Settings of {@linkcode knnAccuracy}. */
export interface KnnOptions {
  /** Neighbours that vote. */
  readonly k: number;
  /** Of the votes' weights. */
  readonly temperature: number;
}

const BATCH = 200;

/**
 * Share of test rows whose class wins, as `knnWinners` finds it.
 *
 * @returns Top-1 accuracy in 0..1.
 */
export async function knnAccuracy(
  ...all: Parameters<typeof knnWinners>
): Promise<number> {
  return top1(await knnWinners(...all), all[2].labels);
}

/**
 * For each test row the class that wins the vote of the `k` nearest training
 * rows by cosine similarity, each vote weighing `exp(similarity /
 * temperature)` (Wu et al. 2018, arXiv:1805.01978, section 3.4).
 */
export async function knnWinners(
  programs: Programs,
  train: Labelled,
  test: Labelled,
  classes: number,
  { k, temperature }: KnnOptions,
  signal?: AbortSignal,
): Promise<Int32Array> {
  const found = await knnSweep(
    programs,
    train,
    test,
    classes,
    { ks: [k], temperature },
    signal,
  );
  return found.get(k) as Int32Array;
}

/** The same for several numbers of neighbours at once. */
export async function knnSweep(
  programs: Programs,
  train: Labelled,
  test: Labelled,
  classes: number,
  { ks, temperature }: {
    readonly ks: readonly number[];
    readonly temperature: number;
  },
  signal?: AbortSignal,
): Promise<ReadonlyMap<number, Int32Array>> {
  const bank = await uploadSet(programs, train, "knn");
  const { width, count, data } = test.features;
  const neighbours = Math.min(Math.max(...ks), train.features.count);
  const what = [bank.rows.path, classes, temperature, ...ks];
  const vote = loadOnce(programs, "knn", what, (execution) => {
    const queries = execution.feed("rows", [BATCH, width], "float32");
    const similarity = tf.matMul(
      l2Normalize(queries as tf.Tensor2D),
      l2Normalize(execution.read(bank.rows) as tf.Tensor2D),
      false,
      true,
    );
    const { values, indices } = tf.topk(similarity, neighbours);
    const labels = execution.gather(bank.classes, indices);
    // The nearest neighbour's weight is 1, so that no weight overflows.
    const weights = tf.exp(
      tf.div(tf.sub(values, tf.max(values, 1, true)), temperature),
    );
    const votes = tf.mul(
      tf.oneHot(labels as tf.Tensor2D, classes),
      tf.expandDims(weights, 2),
    );
    return Object.fromEntries(ks.map((k) => {
      const size = [-1, Math.min(k, neighbours), -1];
      const own = tf.slice(votes, [0, 0, 0], size);
      return [`${k}`, tf.argMax(tf.sum(own, 1), 1)];
    }));
  });
  const winners = new Map(ks.map((k) => [k, new Int32Array(count)]));
  await eachBatch(count, BATCH, async (from, length) => {
    const rows = new Float32Array(BATCH * width);
    rows.set(data.subarray(from * width, (from + BATCH) * width));
    const found = await vote.run({
      rows: { dtype: "float32", shape: [BATCH, width], data: rows },
    });
    for (const [k, own] of winners) {
      for (let i = 0; i < length; i++) {
        own[from + i] = Number(found[`${k}`]?.data[i]);
      }
    }
  }, signal);
  return winners;
}
