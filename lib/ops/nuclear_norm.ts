/** @file Sum of a matrix's singular values. */
import * as tf from "@tensorflow/tfjs";
import { differentiable } from "./differentiable.ts";
import { eigenvectors } from "./eigenvalues.ts";

/** Share of the largest squared singular value below which one counts as 0. */
const NOTHING = 1e-6;

/**
 * Nuclear norm of `[rows, features]`, from the eigenvalues of the smaller of its
 * two Gram matrices. The gradient is `U Vᵀ` over the singular values that are
 * not 0.
 */
export function nuclearNorm(x: tf.Tensor2D): tf.Scalar {
  const [rows, features] = x.shape;
  const wide = features > rows;
  return differentiable<tf.Scalar>([x], {
    forward(save) {
      const gram = tf.matMul(x, x, !wide, wide) as tf.Tensor2D;
      const [squares, vectors] = eigenvectors(gram);
      const positive = tf.maximum(squares, 0);
      save([x, vectors, positive]);
      return tf.sum(tf.sqrt(positive));
    },
    backward(dy, saved) {
      const [x, vectors, squares] = saved as [
        tf.Tensor2D,
        tf.Tensor2D,
        tf.Tensor1D,
      ];
      const least = tf.mul(tf.max(squares), NOTHING);
      // 1 / singular value, or 0.
      const inverse = tf.mul(
        tf.rsqrt(tf.maximum(squares, tf.maximum(least, 1e-30))),
        tf.cast(tf.greater(squares, least), "float32"),
      );
      const root = tf.matMul(tf.mul(vectors, inverse), vectors, false, true);
      const direction = wide ? tf.matMul(root, x) : tf.matMul(x, root);
      return [tf.mul(direction, dy)];
    },
  });
}
