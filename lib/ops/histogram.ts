/** @file How often each value is there. */
import * as tf from "@tensorflow/tfjs";
import { executeRaw } from "../trace/backend.ts";
import { bool, type } from "./attrs.ts";

/**
 * How often each whole number is in a row; no gradient.
 *
 * @param values int32 `[rows, n]`, each in 0..bins-1.
 * @returns float32 `[rows, bins]`
 */
export function histogram(values: tf.Tensor2D, bins: number): tf.Tensor2D {
  const attrs = {
    Tidx: type("int32"),
    T: type("float32"),
    binary_output: bool(false),
  };
  const [counts] = executeRaw("DenseBincount", attrs, [
    values,
    tf.scalar(bins, "int32"),
    tf.tensor1d([]),
  ]);
  return counts as tf.Tensor2D;
}
