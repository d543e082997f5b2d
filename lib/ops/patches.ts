/** @file Patches of images, as rows or as columns of pixels. */
import * as tf from "@tensorflow/tfjs";
import { gatherRows } from "./gather_rows.ts";

/** Which patches are cut out. */
export interface Patches {
  /** Rows and columns of pixels of one patch. */
  readonly side: number;
  /** Pixels from one patch to the next. */
  readonly stride: number;
  /** Patches from top to bottom and from left to right. */
  readonly count: readonly [number, number];
}

/** Numbers of the patches' first pixels, `[batch * rows * columns]`. */
function starts(
  [batch, height, width]: readonly number[],
  { stride, count: [rows, columns] }: Patches,
): tf.Tensor {
  const image = steps(batch as number, height as number * (width as number));
  const row = steps(rows, stride * (width as number));
  return pairs(pairs(image, row), steps(columns, stride));
}

/** `0, step, 2 step, …`, so many of them. */
const steps = (count: number, step: number): tf.Tensor1D =>
  tf.range(0, count * step, step, "int32");

/** Sums of each of the one with each of the other, in that order. */
const pairs = (a: tf.Tensor, b: tf.Tensor): tf.Tensor1D =>
  tf.reshape(tf.add(tf.expandDims(a, 1), b), [-1]);

/** Numbers of a patch's pixels, counted from its first, `[side * side]`. */
const offsets = (width: number, side: number): tf.Tensor1D =>
  pairs(steps(side, width), steps(side, 1));

const gather = (x: tf.Tensor4D, pixels: tf.Tensor1D): tf.Tensor2D =>
  gatherRows(tf.reshape(x, [-1, x.shape[3]]), pixels);

/**
 * Patches of `[batch, height, width, channels]`, one a row:
 * `[batch * rows * columns, side * side * channels]`. They are gathered as
 * whole pixels, so that each is a few copies of `channels` numbers.
 */
export function patchRows(x: tf.Tensor4D, patches: Patches): tf.Tensor2D {
  const { side, count: [rows, columns] } = patches;
  const [batch, , width, channels] = x.shape;
  const pixels = pairs(starts(x.shape, patches), offsets(width, side));
  return tf.reshape(gather(x, pixels), [
    batch * rows * columns,
    side * side * channels,
  ]);
}

/**
 * The same with the pixels of a patch first:
 * `[side * side, batch * rows * columns * channels]`. Which pixels they are is
 * recorded once for images of one shape.
 */
export function patchColumns(
  patches: Patches,
): (x: tf.Tensor4D) => tf.Tensor2D {
  const { side, count: [rows, columns] } = patches;
  const known = new Map<string, tf.Tensor1D>();
  return (x) => {
    const [batch, , width, channels] = x.shape;
    const pixels = known.get(`${x.shape}`) ??
      pairs(offsets(width, side), starts(x.shape, patches));
    known.set(`${x.shape}`, pixels);
    return tf.reshape(gather(x, pixels), [
      side * side,
      batch * rows * columns * channels,
    ]);
  };
}
