/** @file Factors of matrices. None has a gradient. */
import type * as tf from "@tensorflow/tfjs";
import { executeRaw } from "../trace/backend.ts";
import { bool, type } from "./attrs.ts";

const T = type("float32");

/** The lower triangle `L` with `L Lᵀ = matrix`, which is symmetric and positive. */
export const cholesky = (matrix: tf.Tensor2D): tf.Tensor2D =>
  executeRaw("Cholesky", { T }, [matrix])[0] as tf.Tensor2D;

/** `x` with `L x = b`, or `Lᵀ x = b`, of a lower triangle `L`. */
export function solveTriangle(
  triangle: tf.Tensor2D,
  b: tf.Tensor2D,
  { transposed = false }: { readonly transposed?: boolean } = {},
): tf.Tensor2D {
  const attrs = { T, lower: bool(true), adjoint: bool(transposed) };
  const [x] = executeRaw("MatrixTriangularSolve", attrs, [triangle, b]);
  return x as tf.Tensor2D;
}

/**
 * `q` `[rows, n]` of orthonormal columns and the upper triangle `r` `[n, n]`
 * with `q r = matrix`, for `n = min(rows, columns)`.
 */
export function qr(
  matrix: tf.Tensor2D,
): { readonly q: tf.Tensor2D; readonly r: tf.Tensor2D } {
  const attrs = { T, full_matrices: bool(false) };
  const [q, r] = executeRaw("Qr", attrs, [matrix]);
  return { q: q as tf.Tensor2D, r: r as tf.Tensor2D };
}
