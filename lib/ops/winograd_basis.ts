/**
 * @file The basis of Winograd's minimal filtering F(4x4, 3x3).
 *
 * A tile of 4x4 results comes from 6x6 pixels. In this basis tiles and kernels
 * have 36 coefficients, and a convolution multiplies them one by one.
 *
 * Matrices and names are those of Lavin and Gray, "Fast Algorithms for
 * Convolutional Neural Networks" (CVPR 2016): `Y = Aᵀ (G g Gᵀ ⊙ Bᵀ d B) A`.
 */
import * as tf from "@tensorflow/tfjs";
import { type Sides, sidesOf } from "./conv_way.ts";
import { patchColumns } from "./patches.ts";

type Matrix = readonly (readonly number[])[];

/** Results of a tile in one direction, and the pixels that they see. */
const [TILE, SEEN] = [4, 6];

/** Coefficients of a tile or a kernel. */
export const COEFFICIENTS = SEEN * SEEN;

/** Kronecker square: `m x mᵀ` as one product with the numbers of `x` in a row. */
const square = (m: Matrix): Matrix =>
  m.flatMap((a) => m.map((b) => a.flatMap((x) => b.map((y) => x * y))));

const transpose = (m: Matrix): Matrix =>
  (m[0] ?? []).map((_, column) => m.map((row) => row[column] as number));

/** `Bᵀ`, `[36, 36]`. */
const FROM_PIXELS = square([
  [4, 0, -5, 0, 1, 0],
  [0, -4, -4, 1, 1, 0],
  [0, 4, -4, -1, 1, 0],
  [0, -2, -1, 2, 1, 0],
  [0, 2, -1, -2, 1, 0],
  [0, 4, 0, -5, 0, 1],
]);

/** `G`, `[36, 9]`. */
const FROM_KERNEL = square([
  [1 / 4, 0, 0],
  [-1 / 6, -1 / 6, -1 / 6],
  [-1 / 6, 1 / 6, -1 / 6],
  [1 / 24, 1 / 12, 1 / 6],
  [1 / 24, -1 / 12, 1 / 6],
  [0, 0, 1],
]);

/** The same for a kernel that is turned by half a turn first. */
const FROM_TURNED_KERNEL = FROM_KERNEL.map((row) => row.toReversed());

/** `Aᵀ`, `[16, 36]`. */
const TO_RESULTS = square([
  [1, 1, 1, 1, 1, 0],
  [0, 1, -1, 2, -2, 0],
  [0, 1, 1, 4, 4, 0],
  [0, 1, -1, 8, -8, 1],
]);

const FROM_RESULTS = transpose(TO_RESULTS);
const TO_KERNEL = transpose(FROM_KERNEL);

/** A product with the rows of what it gets. */
function times(matrix: Matrix): (x: tf.Tensor) => tf.Tensor2D {
  const constant = tf.tensor2d(matrix as number[][]);
  return (x) => tf.matMul(constant, x as tf.Tensor2D);
}

/** Tiles that cover results of these sides, from top to bottom and across. */
export const tilesOf = ([height, width]: Sides): Sides => [
  Math.ceil(height / TILE),
  Math.ceil(width / TILE),
];

/** Coefficients of patches of images, the first of which begins outside. */
function coefficients(
  matrix: Matrix,
  padding: number,
  side: number,
  count: Sides,
): (x: tf.Tensor4D) => tf.Tensor3D {
  const product = times(matrix);
  const patches = patchColumns({ side, stride: TILE, count });
  const after = (tiles: number, size: number): number =>
    (tiles - 1) * TILE + side - padding - size;
  const [rows, columns] = count;
  return (x) => {
    const [height, width] = sidesOf(x);
    const padded = tf.pad(x, [
      [0, 0],
      [padding, after(rows, height)],
      [padding, after(columns, width)],
      [0, 0],
    ]);
    return tf.reshape(product(patches(padded)), [
      COEFFICIENTS,
      x.shape[0] * rows * columns,
      x.shape[3],
    ]);
  };
}

/**
 * Coefficients of what the results of a convolution see, `[36, tiles, in]`, of
 * images `[batch, height, width, in]`.
 */
export const fromPixels = (
  padding: number,
  results: Sides,
): (x: tf.Tensor4D) => tf.Tensor3D =>
  coefficients(FROM_PIXELS, padding, SEEN, tilesOf(results));

/**
 * Coefficients of the gradient by results, `[36, tiles, out]`, of gradients
 * `[batch, height, width, out]`.
 */
export const fromResults = (
  results: Sides,
): (dy: tf.Tensor4D) => tf.Tensor3D =>
  coefficients(FROM_RESULTS, 0, TILE, tilesOf(results));

/** Coefficients of a kernel `[3, 3, in, out]`, turned or not, `[36, in, out]`. */
export function fromKernel(
  kernel: tf.Tensor4D,
  { turned }: { readonly turned: boolean },
): tf.Tensor3D {
  const [side, , from, to] = kernel.shape;
  const weights = tf.reshape(kernel, [side * side, from * to]);
  const matrix = turned ? FROM_TURNED_KERNEL : FROM_KERNEL;
  return tf.reshape(times(matrix)(weights), [COEFFICIENTS, from, to]);
}

/** Kernel `[3, 3, in, out]` of the gradient by its coefficients, `[36, in, out]`. */
export function toKernel(gradient: tf.Tensor): tf.Tensor4D {
  const [, from, to] = gradient.shape as [number, number, number];
  const flat = tf.reshape(gradient, [COEFFICIENTS, from * to]);
  return tf.reshape(times(TO_KERNEL)(flat), [3, 3, from, to]);
}

/** Results `[batch, height, width, out]` of tiles, `[36, tiles, out]`. */
export function toResults(
  [height, width]: Sides,
): (tiles: tf.Tensor, batch: number) => tf.Tensor4D {
  const product = times(TO_RESULTS);
  const [rows, columns] = tilesOf([height, width]);
  return (tiles, batch) => {
    const [, count, channels] = tiles.shape as [number, number, number];
    const flat = tf.reshape(tiles, [COEFFICIENTS, count * channels]);
    const results = tf.reshape(
      product(flat),
      [TILE, TILE, batch, rows, columns, channels],
    );
    const whole = tf.reshape(
      tf.transpose(results, [2, 3, 0, 4, 1, 5]),
      [batch, rows * TILE, columns * TILE, channels],
    ) as tf.Tensor4D;
    return tf.slice(whole, [0, 0, 0, 0], [batch, height, width, channels]);
  };
}
