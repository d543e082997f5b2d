/** @file Chosen tokens of each sample. */
import * as tf from "@tensorflow/tfjs";
import { executeRaw } from "../trace/backend.ts";
import { type } from "./attrs.ts";
import { differentiable } from "./differentiable.ts";
import { gatherRows } from "./gather_rows.ts";

const attrs = {
  T: type("float32"),
  Tindices: type("int32"),
  Tnumsegments: type("int32"),
};

/**
 * Tokens of `[batch, tokens, width]` by their numbers, each sample's own,
 * int32 `[batch, k]`. Differentiable with respect to the tokens; one that is
 * taken twice has the sum of both gradients.
 *
 * @returns `[batch, k, width]`
 */
export function takeTokens(
  tokens: tf.Tensor3D,
  indices: tf.Tensor2D,
): tf.Tensor3D {
  const [batch, count, width] = tokens.shape;
  const k = indices.shape[1];
  const starts = tf.range(0, batch * count, count, "int32");
  const rows = tf.reshape(
    tf.add(indices, tf.expandDims(starts, 1)),
    [-1],
  ) as tf.Tensor1D;
  return differentiable([tokens], {
    forward(save) {
      save([rows]);
      const flat = tf.reshape(tokens, [batch * count, width]) as tf.Tensor2D;
      return tf.reshape(gatherRows(flat, rows), [batch, k, width]);
    },
    backward(dy, saved) {
      const [rows] = saved as [tf.Tensor];
      const [sum] = executeRaw("UnsortedSegmentSum", attrs, [
        tf.reshape(dy, [batch * k, width]),
        rows,
        tf.scalar(batch * count, "int32"),
      ]) as [tf.Tensor];
      return [tf.reshape(sum, tokens.shape)];
    },
  });
}
