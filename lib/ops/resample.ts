/** @file Resampling as matrix products, each sample with its own. */
import * as tf from "@tensorflow/tfjs";

/** Interpolation kernels and their radius in input pixels. */
const KERNELS = {
  /** Triangle. */
  bilinear: { radius: 1, weight: (x: tf.Tensor) => tf.relu(tf.sub(1, x)) },
  /** Keys 1981 with a = -0.5, as PIL's. */
  bicubic: {
    radius: 2,
    weight(x: tf.Tensor): tf.Tensor {
      const near = tf.add(
        tf.mul(tf.square(x), tf.sub(tf.mul(x, 1.5), 2.5)),
        1,
      );
      // -0.5 x³ + 2.5 x² - 4 x + 2
      const far = tf.add(
        tf.mul(
          tf.add(tf.mul(tf.add(tf.mul(x, -0.5), 2.5), x), -4),
          x,
        ),
        2,
      );
      const outer = tf.where(tf.less(x, 2), far, tf.zerosLike(x));
      return tf.where(tf.less(x, 1), near, outer);
    },
  },
} as const;

/** How pixels between pixels are computed. */
export type Interpolation = keyof typeof KERNELS;

/**
 * Matrices that crop one axis and resize it, antialiased as PIL and
 * torchvision (`antialias=True`) do: the kernel widens when the crop is larger
 * than the output, sees only pixels inside the crop, and its weights add up
 * to 1.
 *
 * @param start First pixel of each crop, `[batch]`, whole numbers.
 * @param length Pixels of each crop, `[batch]`, whole numbers.
 * @returns `[batch, to, from]`; row i holds the weights of output pixel i.
 */
export function resampleMatrix(
  start: tf.Tensor1D,
  length: tf.Tensor1D,
  from: number,
  to: number,
  interpolation: Interpolation = "bilinear",
): tf.Tensor3D {
  const { radius, weight } = KERNELS[interpolation];
  const column = (x: tf.Tensor1D): tf.Tensor3D => tf.reshape(x, [-1, 1, 1]);
  const scale = column(tf.div(length, to));
  const widen = tf.maximum(scale, 1);
  const outputs = tf.reshape(tf.add(tf.range(0, to), 0.5), [1, to, 1]);
  const pixels = tf.reshape(tf.range(0, from), [1, 1, from]);
  const centre = tf.add(column(start), tf.mul(outputs, scale));
  const distance = tf.div(
    tf.abs(tf.sub(tf.add(pixels, 0.5), centre)),
    widen,
  );
  const inside = tf.logicalAnd(
    tf.greaterEqual(pixels, column(start)),
    tf.less(pixels, column(tf.add(start, length) as tf.Tensor1D)),
  );
  const reached = tf.logicalAnd(inside, tf.less(distance, radius));
  const weights = tf.mul(weight(distance), tf.cast(reached, "float32"));
  return tf.div(weights, tf.sum(weights, 2, true));
}

/**
 * Applies matrices to the rows and columns of planar images.
 *
 * @param rows `[batch, height out, height in]`
 * @param columns `[batch, width out, width in]`
 */
export function resample(
  images: tf.Tensor4D,
  rows: tf.Tensor3D,
  columns: tf.Tensor3D,
): tf.Tensor4D {
  const tall = tf.matMul(tf.expandDims(rows, 1), images);
  return tf.matMul(tall, tf.expandDims(columns, 1), false, true) as tf.Tensor4D;
}
