/** @file What the ways to compute a convolution have in common. */
import type * as tf from "@tensorflow/tfjs";

/** Geometry of a convolution. */
export interface ConvGeometry {
  readonly stride: number;
  /** Zeros on each of the four sides. */
  readonly padding: number;
}

/** A way to convolve `[batch, height, width, in]` with `[k, k, in, out]`. */
export interface ConvWay {
  forward(
    x: tf.Tensor4D,
    kernel: tf.Tensor4D,
    geometry: ConvGeometry,
  ): tf.Tensor4D;
  /** Gradients of `x` and `kernel`. */
  gradients(
    x: tf.Tensor4D,
    kernel: tf.Tensor4D,
    dy: tf.Tensor4D,
    geometry: ConvGeometry,
  ): [tf.Tensor4D, tf.Tensor4D];
}

/** Height and width. */
export type Sides = readonly [height: number, width: number];

/** Sides of `[batch, height, width, channels]`. */
export const sidesOf = ({ shape }: tf.Tensor4D): Sides => [shape[1], shape[2]];
