/**
 * @file Dense 3x3 convolutions with a quarter of the multiplications.
 *
 * In Winograd's basis there are 36 products for a tile of 4x4 results where the
 * definition has 144. Summed over the channels and taken for all tiles at once,
 * that is 36 products of matrices.
 *
 * A float32 result is off by some 3e-6 of the results' size, where a plain sum
 * is by 5e-7.
 */
import * as tf from "@tensorflow/tfjs";
import { currentTarget } from "../trace/backend.ts";
import {
  type ConvGeometry,
  type ConvWay,
  type Sides,
  sidesOf,
} from "./conv_way.ts";
import {
  COEFFICIENTS,
  fromKernel,
  fromPixels,
  fromResults,
  tilesOf,
  toKernel,
  toResults,
} from "./winograd_basis.ts";

/** Most bytes of coefficients at a time: they stay in a core's caches. */
const CACHED_BYTES = 10 * 2 ** 20;
/** Most parts, of a batch or a kernel: each is a few ops more to trace and to start. */
const MOST_PARTS = 8;

/**
 * What a number costs that is brought into the basis or back, one of the
 * kernel, and what has to be won, in multiplications. They fit the times of a
 * core with AVX-512 (forwards; the gradients are alike), in ms:
 *
 * | batch, side, channels | oneDNN | this |
 * | --------------------- | ------ | ---- |
 * | 64, 4x4, 512          | 33     | 19   |
 * | 16, 4x4, 512          | 8      | 10   |
 * | 64, 5x5, 256          | 13     | 14   |
 * | 64, 7x7, 512          | 90     | 52   |
 * | 64, 8x8, 256          | 28     | 14   |
 * | 64, 14x14, 256        | 84     | 59   |
 * | 64, 16x16, 128        | 28     | 17   |
 * | 128, 16x16, 32        | 4      | 8    |
 * | 64, 32x32, 64         | 31     | 27   |
 * | the same in one part  | 31     | 32   |
 *
 * Beside other ops, which want the memory too, the gain has to be larger: with
 * 64 channels nothing is left of it in the steps of ResNet-18 and of the small
 * ResNet.
 */
const COST = { number: 80, weight: 40, gain: 1.3 };

const resultsOf = (x: tf.Tensor4D, padding: number): Sides => {
  const [height, width] = sidesOf(x);
  return [height + 2 * padding - 2, width + 2 * padding - 2];
};

/** Whether this is the fastest way, on the target that ops are recorded for. */
export function byWinograd(
  x: tf.Tensor4D,
  { shape: [side, , from, to] }: tf.Tensor4D,
  { stride, padding }: ConvGeometry,
): boolean {
  const { device, products: low } = currentTarget();
  if (device !== "cpu" || low !== "float32") return false;
  if (side !== 3 || stride !== 1 || padding > 2) return false;
  const results = resultsOf(x, padding);
  const [rows, columns] = tilesOf(results);
  // Of one image; all of the batch have the kernel in common.
  const products = rows * columns * (from * to + COST.number * (from + to)) +
    COST.weight * from * to / x.shape[0];
  return 9 * results[0] * results[1] * from * to >
    COST.gain * COEFFICIENTS * products;
}

/** Images from one on, and how many. */
type Part = readonly [start: number, count: number];

/** A batch in parts, all but the last of one size. */
function parts(
  batch: number,
  results: Sides,
  channels: number,
): readonly Part[] {
  const [rows, columns] = tilesOf(results);
  const bytes = 4 * batch * COEFFICIENTS * rows * columns * channels;
  const wanted = Math.ceil(bytes / CACHED_BYTES);
  const size = Math.ceil(batch / Math.min(wanted, MOST_PARTS, batch));
  return Array.from(
    { length: Math.ceil(batch / size) },
    (_, i) => [i * size, Math.min(size, batch - i * size)],
  );
}

const part = (x: tf.Tensor4D, [start, count]: Part): tf.Tensor4D =>
  tf.slice(x, [start, 0, 0, 0], [count, ...x.shape.slice(1)]);

/** Channels from one on, so many or what is left of them. */
function channels(x: tf.Tensor4D, start: number, count: number): tf.Tensor4D {
  const [batch, height, width, all] = x.shape;
  if (count >= all) return x;
  const size = [batch, height, width, Math.min(count, all - start)] as const;
  return tf.slice(x, [0, 0, 0, start], [...size]);
}

/** A convolution with a kernel, or with the one that leads back through it. */
function filter(
  x: tf.Tensor4D,
  kernel: tf.Tensor4D,
  { padding, back }: { readonly padding: number; readonly back: boolean },
): tf.Tensor4D {
  const results = resultsOf(x, padding);
  const [ofPixels, resultsBy] = [
    fromPixels(padding, results),
    toResults(results),
  ];
  const widest = Math.max(...kernel.shape.slice(2));
  let weights: tf.Tensor3D | undefined;
  const filtered = parts(x.shape[0], results, widest).map((range) => {
    const tiles = ofPixels(part(x, range));
    // After the first tiles, so that they need not be there before (`late`).
    weights ??= fromKernel(kernel, { turned: back });
    const products = tf.matMul(tiles, weights, false, back);
    return resultsBy(products, range[1]);
  });
  return tf.concat(filtered, 0);
}

/**
 * The channels that were read are taken a few at a time: a step's values are
 * the most where its last kernels' gradients are made, and each would have four
 * times as many coefficients as it has numbers.
 */
function kernelGradient(
  x: tf.Tensor4D,
  dy: tf.Tensor4D,
  padding: number,
): tf.Tensor4D {
  const results = sidesOf(dy);
  const [ofPixels, ofResults] = [
    fromPixels(padding, results),
    fromResults(results),
  ];
  const [from, to] = [x.shape[3], dy.shape[3]];
  const images = parts(x.shape[0], results, Math.max(from, to))
    .map((range) => [part(x, range), ofResults(part(dy, range))] as const);
  const wanted = Math.ceil(4 * COEFFICIENTS * from * to / CACHED_BYTES);
  const size = Math.ceil(from / Math.min(wanted, MOST_PARTS, from));
  const gradients = Array.from({ length: Math.ceil(from / size) }, (_, i) => {
    const sums = images.map(([pixels, ofDy]) =>
      tf.matMul(ofPixels(channels(pixels, i * size, size)), ofDy, true)
    );
    return toKernel(tf.addN(sums));
  });
  return tf.concat(gradients, 2);
}

/** Dense 3x3 convolutions, padded by 2 at most. */
export const winograd: ConvWay = {
  forward: (x, kernel, { padding }) =>
    filter(x, kernel, { padding, back: false }),
  gradients: (x, kernel, dy, { padding }) => [
    filter(dy, kernel, { padding: 2 - padding, back: true }),
    kernelGradient(x, dy, padding),
  ],
};
