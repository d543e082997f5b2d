/**
 * @file Multinomial logistic regression with a penalty on the squared weights,
 * fitted to its end on the device.
 */
import * as tf from "@tensorflow/tfjs";
import type { Executable } from "../compile/machine.ts";
import type { Programs } from "../compile/runtime.ts";
import type { TensorData } from "../ir/dtype.ts";
import { type } from "../ops/attrs.ts";
import { cholesky, qr, solveTriangle } from "../ops/factor.ts";
import { product } from "../ops/linear.ts";
import { executeRaw } from "../trace/backend.ts";
import type { VariableRef } from "../trace/execution.ts";
import { eachBatch } from "./each_batch.ts";
import type { Features } from "./features.ts";
import { lbfgs } from "./lbfgs.ts";
import { loadOnce } from "./load_once.ts";
import { mergeColumns, type Merged, unmerged } from "./merge_columns.ts";
import { featureTensor, type Labelled, uploadSet } from "./probe_set.ts";

/** Of the gradient of the mean loss, as scikit-learn's. */
const TOLERANCE = 1e-4;
/** Rows that are classified at a time. */
const BATCH = 1024;
/** More columns are not evened out: their factors would take minutes. */
const MOST_EVENED = 4096;
/** Of the mean square of the columns: what rounding may make of the least. */
const FLOOR = 1e-6;

/** A fitted classifier. */
export interface Model {
  /** Weights `[width, classes]` of the columns that were given, float32. */
  readonly kernel: TensorData;
  /** `[classes]`, float32. */
  readonly bias: TensorData;
  readonly converged: boolean;
  /** Steps that the solver took. */
  readonly iterations: number;
  /** As the solver has them, to begin the next fit with. */
  readonly start: Start;
}

interface Start {
  readonly weights: TensorData;
  readonly bias: Float32Array<ArrayBuffer>;
}

/** How a classifier is fitted. */
export interface FitOptions {
  /** Rows count as often as this says: 0 leaves one out. */
  readonly counts: Float32Array<ArrayBuffer>;
  /** Penalty, as scikit-learn's `C`. */
  readonly c: number;
  /** Most steps. */
  readonly iterations: number;
  readonly start?: Start | undefined;
  readonly signal?: AbortSignal | undefined;
}

const matrix = (
  shape: readonly number[],
  data: Float32Array<ArrayBuffer>,
): TensorData => ({ dtype: "float32", shape, data });

const scalar = (value: number): TensorData =>
  matrix([], Float32Array.of(value));

const float = (path: string, shape: readonly number[]): VariableRef => ({
  path,
  shape,
  dtype: "float32",
});

/** What a solver runs. */
interface Steps {
  readonly even: Executable;
  readonly turn: Executable;
  readonly slope: Executable;
  readonly weights: Executable;
  readonly classify: Executable;
}

/**
 * Training rows on the device.
 *
 * The solver sees them through two changes of variables, neither of which
 * moves the minimum. Fewer rows than columns are turned into their own space
 * by a QR factor, where they have as many columns as there are rows: products
 * of rows stay, and with them the penalty. Then weights are measured by the
 * factor of `curvature XᵀX / rows + penalty`, a bound of the second derivative
 * (Böhning 1992, doi:10.1007/BF00048682): columns that go together, as
 * neighbouring pixels do, would make a valley that takes thousands of steps.
 */
export class SoftmaxSolver {
  private constructor(
    readonly count: number,
    readonly classes: number,
    /** Columns that the solver sees. */
    readonly width: number,
    /** Columns that were given. */
    readonly given: number,
    readonly merged: Pick<Merged, "columns" | "parts">,
    readonly steps: Steps,
  ) {}

  /**
   * Readies rows to be fitted.
   *
   * @param train Columns of mean 0 and deviation 1.
   * @param classes Number of classes.
   */
  static async on(
    programs: Programs,
    train: Labelled,
    classes: number,
  ): Promise<SoftmaxSolver> {
    const { columns, parts, features } = mergeColumns(train.features);
    const { count } = features;
    const turned = 2 * count <= features.width;
    const width = turned ? count : features.width;
    const evened = width <= MOST_EVENED;
    const size = [count, features.width, classes];
    const name = `evaluate/probe/${size.join("x")}`;
    const basis = float(`${name}/basis`, [features.width, count]);
    const factor = float(`${name}/factor`, [width, width]);
    const gram = float(`${name}/gram`, [width, width]);
    const own = turned ? await turn(programs, features, basis) : features;
    const set = await uploadSet(
      programs,
      { labels: train.labels, features: own },
      "probe",
    );
    const load = (step: string, body: Parameters<typeof loadOnce>[3]) =>
      loadOnce(programs, `probe_${step}`, size, body);
    // Of softmax regression at its start, where all classes are as likely.
    const curvature = (1 - 1 / classes) / classes;
    if (evened) {
      await load("gram", (execution) => {
        const rows = execution.read(set.rows);
        const squares = product(rows, rows, { a: true });
        execution.assign(gram, tf.mul(squares, curvature / count));
        return {};
      }).run();
    }
    /** From the solver's variables to weights, and slopes the other way. */
    const through = evened
      ? {
        out: (triangle: tf.Tensor, x: tf.Tensor2D) =>
          solveTriangle(triangle as tf.Tensor2D, x, { transposed: true }),
        back: (triangle: tf.Tensor, x: tf.Tensor2D) =>
          solveTriangle(triangle as tf.Tensor2D, x),
      }
      : undefined;
    const steps: Steps = {
      even: load("even", (execution) => {
        const penalty = execution.feed("penalty", [], "float32");
        if (evened) {
          const squares = execution.read(gram) as tf.Tensor2D;
          const trace = tf.sum(tf.mul(squares, tf.eye(width)));
          const floor = tf.mul(trace, FLOOR);
          execution.assign(
            factor,
            cholesky(tf.add(
              squares,
              tf.mul(tf.eye(width), tf.maximum(penalty, floor)),
            )),
          );
        }
        return {};
      }),
      turn: load("turn", (execution) => {
        const weights = execution.feed("weights", [width, classes], "float32");
        return {
          x: evened
            ? product(execution.read(factor), weights, { a: true })
            : weights,
        };
      }),
      slope: load("slope", (execution) => {
        const x = execution.feed("x", [width, classes], "float32");
        const moved = execution.feed("bias", [classes], "float32");
        const counts = execution.feed("counts", [count], "float32");
        const penalty = execution.feed("penalty", [], "float32");
        const triangle = through ? execution.read(factor) : x;
        const weights = through?.out(triangle, x as tf.Tensor2D) ??
          x as tf.Tensor2D;
        const bias = tf.div(moved, Math.sqrt(curvature));
        const rows = execution.read(set.rows);
        const logits = tf.add(product(rows, weights), bias);
        const attrs = { T: type("float32"), Tlabels: type("int32") };
        const [losses, slopes] = executeRaw(
          "SparseSoftmaxCrossEntropyWithLogits",
          attrs,
          [logits, execution.read(set.classes)],
        ) as [tf.Tensor, tf.Tensor];
        const total = tf.sum(counts);
        const share = tf.div(counts, total);
        const own = tf.mul(slopes, tf.expandDims(share, 1));
        const slope = tf.add(
          product(rows, own, { a: true }),
          tf.mul(weights, penalty),
        ) as tf.Tensor2D;
        return {
          loss: tf.add(
            tf.sum(tf.mul(losses, share)),
            tf.mul(tf.sum(tf.square(weights)), tf.div(penalty, 2)),
          ),
          x: through?.back(triangle, slope) ?? slope,
          bias: tf.div(tf.sum(own, 0), Math.sqrt(curvature)),
        };
      }),
      weights: load("weights", (execution) => {
        const x = execution.feed("x", [width, classes], "float32");
        const weights = through
          ? through.out(execution.read(factor), x as tf.Tensor2D)
          : x as tf.Tensor2D;
        return {
          weights,
          kernel: turned ? product(execution.read(basis), weights) : weights,
        };
      }),
      classify: loadOnce(
        programs,
        "probe_classify",
        [train.features.width, classes],
        (execution) => {
          const { width } = train.features;
          const kernel = execution.feed("kernel", [width, classes], "float32");
          const bias = execution.feed("bias", [classes], "float32");
          const rows = execution.feed("rows", [BATCH, width], "float32");
          const logits = tf.add(product(rows, kernel), bias);
          return { winner: tf.argMax(logits, 1) };
        },
      ),
    };
    return new SoftmaxSolver(
      count,
      classes,
      width,
      train.features.width,
      { columns, parts },
      steps,
    );
  }

  /** Fits a classifier. */
  async fit(
    { counts, c, iterations, start, signal }: FitOptions,
  ): Promise<Model> {
    const { width, classes, steps } = this;
    const size = width * classes;
    const total = counts.reduce((sum, one) => sum + one, 0);
    const penalty = 1 / (c * total);
    const scale = Math.sqrt((1 - 1 / classes) / classes);
    await steps.even.run({ penalty: scalar(penalty) });
    const first = new Float64Array(size + classes);
    if (start) {
      const { x } = await steps.turn.run({ weights: start.weights });
      first.set(x?.data as Float32Array);
      first.set(start.bias.map((value) => value * scale), size);
    }
    const fed = {
      counts: matrix([this.count], counts),
      penalty: scalar(penalty),
    };
    const split = (x: Float64Array) => {
      const values = Float32Array.from(x);
      return {
        x: matrix([width, classes], values.slice(0, size)),
        bias: matrix([classes], values.slice(size)),
      };
    };
    const found = await lbfgs(
      async (x) => {
        signal?.throwIfAborted();
        const slope = await steps.slope.run({ ...fed, ...split(x) });
        const gradient = new Float64Array(x.length);
        gradient.set(slope["x"]?.data as Float32Array);
        gradient.set(slope["bias"]?.data as Float32Array, size);
        return { value: Number(slope["loss"]?.data[0]), gradient };
      },
      first,
      { iterations, tolerance: TOLERANCE },
    );
    const { x, bias: moved } = split(found.x);
    const { weights, kernel } = await steps.weights.run({ x });
    const bias = Float32Array.from(
      moved.data as Float32Array,
      (value) => value / scale,
    );
    return {
      kernel: matrix(
        [this.given, classes],
        unmerged(this.merged, kernel?.data as Float32Array, classes),
      ),
      bias: matrix([classes], bias),
      converged: found.converged,
      iterations: found.iterations,
      start: { weights: weights as TensorData, bias },
    };
  }

  /** For each row the class that a model gives. */
  async classify(
    { kernel, bias }: Model,
    { count, width, data }: Features,
    signal?: AbortSignal,
  ): Promise<Int32Array> {
    const winners = new Int32Array(count);
    await eachBatch(count, BATCH, async (from, length) => {
      const rows = new Float32Array(BATCH * width);
      rows.set(data.subarray(from * width, (from + BATCH) * width));
      const { winner } = await this.steps.classify.run({
        kernel,
        bias,
        rows: matrix([BATCH, width], rows),
      });
      for (let i = 0; i < length; i++) {
        winners[from + i] = Number(winner?.data[i]);
      }
    }, signal);
    return winners;
  }
}

/** Rows in their own space, `[count, count]`; how back is kept in `basis`. */
async function turn(
  programs: Programs,
  features: Features,
  basis: VariableRef,
): Promise<Features> {
  const { count, width } = features;
  const turning = loadOnce(
    programs,
    "probe_basis",
    [basis.path],
    (execution) => {
      const rows = execution.feed("rows", [count, width], "float32");
      const { q, r } = qr(tf.transpose(rows) as tf.Tensor2D);
      execution.assign(basis, q);
      return { rows: tf.transpose(r) };
    },
  );
  const { rows } = await turning.run({ rows: featureTensor(features) });
  return {
    count,
    width: count,
    data: rows?.data as Float32Array<ArrayBuffer>,
  };
}
