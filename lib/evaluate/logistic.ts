/**
 * @file Linear probe that converges: multinomial logistic regression on
 * standardised features, its penalty chosen on held-out training rows.
 */
import * as tf from "@tensorflow/tfjs";
import type { Executable } from "../compile/machine.ts";
import { epochOrder } from "../data/shuffle.ts";
import { executeRaw } from "../trace/backend.ts";
import { type } from "../ops/attrs.ts";
import type { Programs } from "../compile/runtime.ts";
import { top1 } from "./accuracy.ts";
import { eachBatch } from "./each_batch.ts";
import type { Features } from "./features.ts";
import { rowsOf } from "./labelled.ts";
import { lbfgs } from "./lbfgs.ts";
import { type Labelled, uploadSet } from "./probe_set.ts";
import { momentsOf, standardised } from "./standardise.ts";

/** Settings of {@linkcode logisticWinners}. */
export interface LogisticOptions {
  /**
   * Penalties to choose from, as scikit-learn's `C`: what is minimised is `C`
   * times the sum of the losses, plus half the squared weights.
   */
  readonly c?: readonly number[];
  /** Most steps of the solver, for each. */
  readonly iterations?: number;
}

/** What a converged probe says. */
export interface LogisticResult {
  /** For each test row the class that it gives. */
  readonly winners: Int32Array;
  /** The penalty that was chosen. */
  readonly c: number;
  /** Whether the solver converged with it. */
  readonly converged: boolean;
}

/** Penalties that are tried, strongest first. */
export const PENALTIES: readonly number[] = [
  0.001,
  0.01,
  0.1,
  1,
  10,
  100,
];

const ITERATIONS = 500;
/** Of the gradient of the mean loss, as scikit-learn's. */
const TOLERANCE = 1e-4;
/** One training row in so many is held out to choose the penalty. */
const HELD_OUT = 5;
/** Penalties that may be no better before weaker ones are not tried. */
const PATIENCE = 1;
const BATCH = 1024;

interface Model {
  /** Kernel `[width, classes]`, then bias. */
  readonly x: Float64Array;
  readonly converged: boolean;
}

/** Rows that are held out: the same share of each class, by a fixed shuffle. */
export function heldOut(labels: Int32Array, seed = 0): Uint8Array {
  const held = new Uint8Array(labels.length);
  const seen = new Map<number, number>();
  for (const row of epochOrder(seed, 0, labels.length)) {
    const label = labels[row] as number;
    const number = (seen.get(label) ?? 0) + 1;
    seen.set(label, number);
    // The first stays to be learnt from.
    if (number % HELD_OUT === 2) held[row] = 1;
  }
  return held;
}

/** A set of training rows on the device, and programs over it. */
class Solver {
  readonly #slope: Executable;
  readonly #classify: Executable;

  private constructor(
    readonly count: number,
    readonly width: number,
    readonly classes: number,
    slope: Executable,
    classify: Executable,
  ) {
    this.#slope = slope;
    this.#classify = classify;
  }

  static async on(
    programs: Programs,
    train: Labelled,
    classes: number,
  ): Promise<Solver> {
    const { count, width } = train.features;
    const set = await uploadSet(programs, train);
    const slope = programs.load("probe_slope", (execution) => {
      const kernel = execution.feed("kernel", [width, classes], "float32");
      const bias = execution.feed("bias", [classes], "float32");
      const weights = execution.feed("weights", [count], "float32");
      const rows = execution.read(set.rows) as tf.Tensor2D;
      const logits = tf.add(tf.matMul(rows, kernel as tf.Tensor2D), bias);
      const attrs = { T: type("float32"), Tlabels: type("int32") };
      const [losses, slopes] = executeRaw(
        "SparseSoftmaxCrossEntropyWithLogits",
        attrs,
        [logits, execution.read(set.classes)],
      ) as [tf.Tensor, tf.Tensor];
      const own = tf.mul(slopes, tf.expandDims(weights, 1)) as tf.Tensor2D;
      return {
        loss: tf.sum(tf.mul(losses, weights)),
        kernel: tf.matMul(rows, own, true, false),
        bias: tf.sum(own, 0),
      };
    });
    const classify = programs.load("probe_classify", (execution) => {
      const kernel = execution.feed("kernel", [width, classes], "float32");
      const bias = execution.feed("bias", [classes], "float32");
      const rows = execution.feed("rows", [BATCH, width], "float32");
      const logits = tf.add(
        tf.matMul(rows as tf.Tensor2D, kernel as tf.Tensor2D),
        bias,
      );
      return { winner: tf.argMax(logits, 1) };
    });
    return new Solver(count, width, classes, slope, classify);
  }

  #fed(x: Float64Array) {
    const { width, classes } = this;
    const values = Float32Array.from(x);
    const size = width * classes;
    return {
      kernel: {
        dtype: "float32",
        shape: [width, classes],
        data: values.slice(0, size),
      },
      bias: { dtype: "float32", shape: [classes], data: values.slice(size) },
    } as const;
  }

  /** Fits the rows whose weight is 1. */
  async fit(
    weights: Float32Array<ArrayBuffer>,
    c: number,
    iterations: number,
    start?: Model,
    signal?: AbortSignal,
  ): Promise<Model> {
    const size = this.width * this.classes;
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    const penalty = 1 / (c * total);
    const fed = {
      weights: { dtype: "float32", shape: [this.count], data: weights },
    } as const;
    return await lbfgs(
      async (x) => {
        signal?.throwIfAborted();
        const found = await this.#slope.run({ ...fed, ...this.#fed(x) });
        const gradient = new Float64Array(x.length);
        let squares = 0;
        const kernel = found["kernel"]?.data as Float32Array;
        for (let i = 0; i < size; i++) {
          const weight = x[i] as number;
          squares += weight * weight;
          gradient[i] = (kernel[i] as number) / total + penalty * weight;
        }
        (found["bias"]?.data as Float32Array).forEach((value, i) => {
          gradient[size + i] = value / total;
        });
        const loss = Number(found["loss"]?.data[0]);
        return { value: loss / total + penalty * squares / 2, gradient };
      },
      start?.x ?? new Float64Array(size + this.classes),
      { iterations, tolerance: TOLERANCE },
    );
  }

  /** For each row the class that a model gives. */
  async classify(
    { x }: Model,
    { count, width, data }: Features,
    signal?: AbortSignal,
  ): Promise<Int32Array> {
    const fed = this.#fed(x);
    const winners = new Int32Array(count);
    await eachBatch(count, BATCH, async (from, length) => {
      const rows = new Float32Array(BATCH * width);
      rows.set(data.subarray(from * width, (from + BATCH) * width));
      const { winner } = await this.#classify.run({
        ...fed,
        rows: { dtype: "float32", shape: [BATCH, width], data: rows },
      });
      for (let i = 0; i < length; i++) {
        winners[from + i] = Number(winner?.data[i]);
      }
    }, signal);
    return winners;
  }
}

/** The penalty that is right about most of the rows that are held out. */
async function choose(
  solver: Solver,
  train: Labelled,
  penalties: readonly number[],
  iterations: number,
  signal?: AbortSignal,
): Promise<number> {
  const mask = heldOut(train.labels);
  const held = rowsOf(train, [...mask.keys()].filter((row) => mask[row]));
  const [first = 1] = penalties;
  if (penalties.length < 2) return first;
  // Too few to tell: what scikit-learn takes where nothing is said.
  if (held.labels.length === 0) return penalties.includes(1) ? 1 : first;
  const weights = Float32Array.from(mask, (one) => 1 - one);
  let best = { c: first, accuracy: -1 };
  let model: Model | undefined;
  let worse = 0;
  for (const c of penalties.toSorted((a, b) => a - b)) {
    model = await solver.fit(weights, c, iterations, model, signal);
    const winners = await solver.classify(model, held.features, signal);
    const accuracy = top1(winners, held.labels);
    if (accuracy > best.accuracy) {
      best = { c, accuracy };
      worse = 0;
    } else if (++worse > PATIENCE) break;
  }
  return best.c;
}

/**
 * Fits a linear classifier to its end, on training features of mean 0 and
 * deviation 1.
 *
 * @param classes Number of classes.
 */
export async function logisticWinners(
  programs: Programs,
  train: Labelled,
  test: Labelled,
  classes: number,
  { c: penalties = PENALTIES, iterations = ITERATIONS }: LogisticOptions = {},
  signal?: AbortSignal,
): Promise<LogisticResult> {
  const moments = momentsOf(train.features);
  const even = {
    labels: train.labels,
    features: standardised(train.features, moments),
  };
  const solver = await Solver.on(programs, even, classes);
  const c = await choose(solver, even, penalties, iterations, signal);
  const all = new Float32Array(even.labels.length).fill(1);
  const model = await solver.fit(all, c, iterations, undefined, signal);
  const features = standardised(test.features, moments);
  return {
    winners: await solver.classify(model, features, signal),
    c,
    converged: model.converged,
  };
}
