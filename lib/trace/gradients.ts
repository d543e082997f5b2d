/**
 * @file Gradients that are wrong or slow in tfjs 4.22, or that it lacks, put in
 * the place of its own.
 *
 * - `tf.tile` and `tf.broadcastTo`: a slice and an addition for each copy, and
 *   none above rank 4.
 * - `tf.matMul`, `tf.maximum`, `tf.minimum`, `tf.squaredDifference`: of another
 *   shape than an operand that was broadcast.
 * - `tf.mirrorPad`: as if it had padded with zeros.
 * - `tf.image.resizeBilinear`, `resizeNearestNeighbor`: as if without half
 *   pixels.
 * - `tf.floorDiv`: as if it did not round.
 * - `tf.cumsum`: transposed, where the axis is not the last.
 * - `tf.gather`: a slice for each sample with `batchDims` of 1, wrong above it.
 * - `tf.topk`: none.
 */
import * as tf from "@tensorflow/tfjs";
import type { Attr } from "../ir/program.ts";
import { executeRaw } from "./backend.ts";

type Attrs = Readonly<Record<string, unknown>>;

interface Mended {
  readonly inputsToSave: readonly string[];
  readonly outputsToSave?: readonly boolean[];
  /** Gradients by input, from those of the outputs and what was saved. */
  gradient(
    dy: tf.Tensor | tf.Tensor[],
    saved: tf.Tensor[],
    attrs: Attrs,
  ): Record<string, () => tf.Tensor>;
}

const size = (shape: readonly number[]): number =>
  shape.reduce((a, b) => a * b, 1);

/** Sums over the copies: each axis is split into them and what was copied. */
function sumOfCopies(
  dy: tf.Tensor,
  shape: readonly number[],
  copies: readonly number[],
): tf.Tensor {
  const split: number[] = [];
  const axes: number[] = [];
  shape.forEach((length, i) => {
    const count = copies[i] as number;
    if (count !== 1) {
      axes.push(split.length);
      split.push(count);
    }
    if (count === 1 || length !== 1) split.push(length);
  });
  if (axes.length === 0) return tf.clone(dy);
  return tf.reshape(tf.sum(tf.reshape(dy, split), axes), [...shape]);
}

/** Sums over the batches that an operand of a product was repeated for. */
function unbroadcast(dx: tf.Tensor, shape: readonly number[]): tf.Tensor {
  if (`${dx.shape}` === `${shape}`) return dx;
  const more = dx.shape.length - shape.length;
  const axes = dx.shape.flatMap((length, i) =>
    i < more || length !== shape[i - more] ? [i] : []
  );
  return tf.reshape(tf.sum(dx, axes), [...shape]);
}

/** tfjs's own gradient of two operands, in their shapes. */
function unbroadcasting(kernel: string): Mended {
  const own = tf.getGradient(kernel);
  return {
    inputsToSave: ["a", "b"],
    gradient(dy, saved, attrs) {
      const given = own.gradFunc(dy, saved, attrs as tf.NamedAttrMap);
      return Object.fromEntries(["a", "b"].map((name, i) => {
        const { shape } = saved[i] as tf.Tensor;
        const gradient = given[name] as () => tf.Tensor;
        return [name, () => unbroadcast(gradient(), shape)];
      }));
    },
  };
}

const product = unbroadcasting("BatchMatMul");

/**
 * Adds rows up into the places that they were taken from.
 *
 * @param dy `[...batch, ...picked, ...row]`
 * @param indices `[...batch, ...picked]`, each below `count`.
 * @returns `[...batch, count, ...row]`
 */
function putBack(
  dy: tf.Tensor,
  indices: tf.Tensor,
  batch: readonly number[],
  count: number,
): tf.Tensor {
  const row = dy.shape.slice(indices.rank);
  const groups = size(batch);
  // Each sample has places of its own.
  const starts = Int32Array.from({ length: groups }, (_, i) => i * count);
  const places = groups === 1 ? tf.reshape(indices, [-1]) : tf.reshape(
    tf.add(
      tf.reshape(indices, [groups, -1]),
      tf.tensor2d(starts, [groups, 1], "int32"),
    ),
    [-1],
  );
  const rows = tf.reshape(dy, [indices.size, ...row]);
  const sums = tf.unsortedSegmentSum(
    rows,
    places as tf.Tensor1D,
    groups * count,
  );
  return tf.reshape(sums, [...batch, count, ...row]);
}

/** Moves the axes `from..from+count` to where `to` is; both are in the result. */
function moveAxes(
  x: tf.Tensor,
  from: number,
  count: number,
  to: number,
): tf.Tensor {
  if (from === to || count === 0) return x;
  const axes = x.shape.map((_, i) => i);
  const moved = axes.splice(from, count);
  axes.splice(to, 0, ...moved);
  return tf.transpose(x, axes);
}

const FLOAT: Attr = { kind: "type", value: "float32" };

const resizing = ({ alignCorners, halfPixelCenters }: Attrs) => ({
  T: FLOAT,
  align_corners: { kind: "bool", value: Boolean(alignCorners) },
  half_pixel_centers: { kind: "bool", value: Boolean(halfPixelCenters) },
} as const);

const MENDED: Readonly<Record<string, Mended>> = {
  Tile: {
    inputsToSave: ["x"],
    gradient: (dy, saved, { reps }) => ({
      x: () =>
        sumOfCopies(
          dy as tf.Tensor,
          (saved[0] as tf.Tensor).shape,
          reps as number[],
        ),
    }),
  },
  BatchMatMul: {
    ...product,
    gradient(dy, saved, attrs) {
      const gradients = product.gradient(dy, saved, attrs);
      const [a, b] = saved as [tf.Tensor, tf.Tensor];
      const { transposeA, transposeB } = attrs;
      if (b.rank > 2 || a.rank === 2 || transposeA || transposeB) {
        return gradients;
      }
      // One matrix for all of a batch: one product adds up over the batch, too.
      const rows = (x: tf.Tensor): tf.Tensor =>
        tf.reshape(x, [-1, x.shape.at(-1) as number]);
      return {
        ...gradients,
        b: () => tf.matMul(rows(a), rows(dy as tf.Tensor), true),
      };
    },
  },
  Maximum: unbroadcasting("Maximum"),
  Minimum: unbroadcasting("Minimum"),
  SquaredDifference: unbroadcasting("SquaredDifference"),
  MirrorPad: {
    inputsToSave: [],
    gradient: (dy, _, { paddings, mode }) => ({
      x: () => {
        const widths = tf.tensor2d(paddings as [number, number][], [
          (paddings as number[][]).length,
          2,
        ], "int32");
        return executeRaw("MirrorPadGrad", {
          T: FLOAT,
          Tpaddings: { kind: "type", value: "int32" },
          mode: { kind: "string", value: (mode as string).toUpperCase() },
        }, [dy as tf.Tensor, widths])[0] as tf.Tensor;
      },
    }),
  },
  ResizeBilinear: {
    inputsToSave: ["images"],
    gradient: (dy, saved, attrs) => ({
      images: () =>
        executeRaw("ResizeBilinearGrad", resizing(attrs), [
          dy as tf.Tensor,
          saved[0] as tf.Tensor,
        ])[0] as tf.Tensor,
    }),
  },
  ResizeNearestNeighbor: {
    inputsToSave: ["images"],
    gradient: (dy, saved, attrs) => ({
      images: () => {
        const [, height, width] = (saved[0] as tf.Tensor4D).shape;
        return executeRaw("ResizeNearestNeighborGrad", resizing(attrs), [
          dy as tf.Tensor,
          tf.tensor1d([height, width], "int32"),
        ])[0] as tf.Tensor;
      },
    }),
  },
  FloorDiv: {
    inputsToSave: ["a", "b"],
    gradient: (_, saved) => ({
      a: () => tf.zerosLike(saved[0] as tf.Tensor),
      b: () => tf.zerosLike(saved[1] as tf.Tensor),
    }),
  },
  Cumsum: {
    inputsToSave: [],
    gradient: (dy, _, { axis, exclusive, reverse }) => ({
      x: () =>
        tf.cumsum(
          dy as tf.Tensor,
          axis as number,
          exclusive as boolean,
          !reverse,
        ),
    }),
  },
  GatherV2: {
    inputsToSave: ["x", "indices"],
    gradient: (dy, saved, attrs) => ({
      x: () => {
        const [x, indices] = saved as [tf.Tensor, tf.Tensor];
        const [axis] = tf.util.parseAxisParam(
          attrs["axis"] as number,
          x.shape,
        ) as [number];
        const batchDims = (attrs["batchDims"] ?? 0) as number;
        const outer = axis - batchDims;
        const picked = indices.rank - batchDims;
        // The axes between the batch and the gathered one count as the row's.
        const rows = moveAxes(
          dy as tf.Tensor,
          batchDims,
          outer,
          batchDims + picked,
        );
        const batch = x.shape.slice(0, batchDims);
        const dx = putBack(rows, indices, batch, x.shape[axis] as number);
        return moveAxes(dx, batchDims + 1, outer, batchDims);
      },
    }),
  },
  TopK: {
    inputsToSave: ["x"],
    outputsToSave: [false, true],
    gradient: (dy, saved) => ({
      x: () => {
        const [x, indices] = saved as [tf.Tensor, tf.Tensor];
        const [values] = dy as [tf.Tensor];
        const batch = x.shape.slice(0, -1);
        return putBack(values, indices, batch, x.shape.at(-1) as number);
      },
    }),
  },
};

// It is 0, where other comparisons have none: a mask of trained values would be
// a constant here and refused there.
tf.unregisterGradient("GreaterEqual");

for (const [kernelName, { gradient, ...saving }] of Object.entries(MENDED)) {
  tf.registerGradient({
    kernelName,
    inputsToSave: [...saving.inputsToSave],
    outputsToSave: [...saving.outputsToSave ?? []],
    gradFunc: (dy, saved, attrs) => gradient(dy, saved, attrs as Attrs),
  });
}
