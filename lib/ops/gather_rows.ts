/** @file Chosen rows of a matrix. */
import * as tf from "@tensorflow/tfjs";
import { executeRaw } from "../trace/backend.ts";
import { int, type } from "./attrs.ts";

const attrs = {
  Tparams: type("float32"),
  Tindices: type("int32"),
  Taxis: type("int32"),
  batch_dims: int(0),
};

/**
 * Rows of `[rows, columns]` by their numbers, int32 `[n]`; no gradient. Not
 * `tf.gather`, which reads the indices, and they are not there while a step is
 * traced.
 *
 * @returns `[n, columns]`
 */
export function gatherRows(
  matrix: tf.Tensor2D,
  indices: tf.Tensor1D,
): tf.Tensor2D {
  const axis = tf.scalar(0, "int32");
  const [rows] = executeRaw("GatherV2", attrs, [matrix, indices, axis]);
  return rows as tf.Tensor2D;
}
