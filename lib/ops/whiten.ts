/** @file Rows without correlation: whitening by Cholesky's decomposition or Newton's iteration. */
import * as tf from "@tensorflow/tfjs";
import { executeRaw } from "../trace/backend.ts";
import { bool, type } from "./attrs.ts";
import { differentiable } from "./differentiable.ts";

/** `L` of a positive definite `[n, n] = L Lᵀ`. */
function cholesky(matrix: tf.Tensor2D): tf.Tensor2D {
  const attrs = { T: type("float32") };
  return executeRaw("Cholesky", attrs, [matrix])[0] as tf.Tensor2D;
}

/** Inverse of a lower triangular `[n, n]`. */
function inverseLower(lower: tf.Tensor2D): tf.Tensor2D {
  const attrs = {
    T: type("float32"),
    lower: bool(true),
    adjoint: bool(false),
  };
  const identity = tf.eye(lower.shape[0]);
  return executeRaw("MatrixTriangularSolve", attrs, [lower, identity])[
    0
  ] as tf.Tensor2D;
}

/** 1 below the diagonal, 1/2 on it, 0 above. */
function halfLower(n: number): tf.Tensor2D {
  const values = Array.from(
    { length: n * n },
    (_, at) => {
      const [i, j] = [Math.floor(at / n), at % n];
      return i > j ? 1 : i === j ? 0.5 : 0;
    },
  );
  return tf.tensor2d(values, [n, n]);
}

/**
 * Inverse of the Cholesky factor of a covariance: `W` with `W C Wᵀ = 1`.
 *
 * Gradient: with `dW = -W dL W` and Murray's rule for `dL` (arXiv:1602.07527,
 * equation 10), `dC = sym(Wᵀ Φ(Lᵀ dL) W)`, of which `Lᵀ dL = -dW Wᵀ`.
 *
 * @param covariance `[features, features]`, positive definite.
 */
export function inverseCholesky(covariance: tf.Tensor2D): tf.Tensor2D {
  const [n] = covariance.shape;
  return differentiable<tf.Tensor2D>([covariance], {
    forward(save) {
      const inverse = inverseLower(cholesky(covariance));
      save([inverse]);
      return inverse;
    },
    backward(dy, saved) {
      const [inverse] = saved as [tf.Tensor2D];
      const raw = tf.neg(tf.matMul(dy as tf.Tensor2D, inverse, false, true));
      const phi = tf.mul(raw, halfLower(n)) as tf.Tensor2D;
      const inner = tf.matMul(tf.matMul(inverse, phi, true), inverse);
      return [tf.div(tf.add(inner, tf.transpose(inner)), 2)];
    },
  });
}

/**
 * `C^(-1/2)` of each covariance by Newton's iteration, on matrices scaled to
 * trace 1 so that it converges.
 *
 * @param covariance `[groups, features, features]`, positive definite.
 */
export function inverseRoot(
  covariance: tf.Tensor3D,
  iterations: number,
): tf.Tensor3D {
  const [, n] = covariance.shape;
  const identity = tf.expandDims(tf.eye(n), 0);
  const trace = tf.sum(tf.mul(covariance, identity), [1, 2], true);
  const scaled = tf.div(covariance, trace);
  let root: tf.Tensor = tf.add(tf.mul(scaled, 0), identity);
  for (let i = 0; i < iterations; i++) {
    const cubed = tf.matMul(tf.matMul(root, root), root);
    root = tf.sub(
      tf.mul(root, 1.5),
      tf.mul(tf.matMul(cubed, scaled), 0.5),
    );
  }
  return tf.div(root, tf.sqrt(trace)) as tf.Tensor3D;
}
