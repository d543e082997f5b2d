/**
 * @file Between the whole batch and replicas, each of which has its share of
 * the rows. What is computed of a replica's values is a replica's; the rest is
 * there once.
 */
import * as tf from "@tensorflow/tfjs";
import type { CrossingOp } from "../ir/replicas.ts";
import { executeRaw, isOnReplicas } from "../trace/backend.ts";
import { int } from "./attrs.ts";
import { differentiable } from "./differentiable.ts";

/** Each is the gradient of its adjoint. */
const ADJOINT: Readonly<Record<CrossingOp, CrossingOp>> = {
  ReplicaRows: "AllRows",
  AllRows: "ReplicaRows",
  ReplicaCopy: "AllSum",
  AllSum: "ReplicaCopy",
};

function cross<T extends tf.Tensor>(
  op: CrossingOp,
  x: tf.Tensor,
  replicas: number,
): T {
  const run = (op: CrossingOp, x: tf.Tensor): tf.Tensor =>
    executeRaw(op, { replicas: int(replicas) }, [x], "none")[0] as tf.Tensor;
  if (x.dtype !== "float32") return run(op, x) as T;
  return differentiable<T>([x], {
    forward: () => run(op, x),
    backward: (dy) => [run(ADJOINT[op], dy)],
  });
}

/** Each replica's rows `[batch / replicas, ...]` of a value `[batch, ...]`. */
export const replicaRows = (x: tf.Tensor, replicas: number): tf.Tensor =>
  cross("ReplicaRows", x, replicas);

/** Rows `[batch, ...]` of all replicas, in order. */
export const allRows = (x: tf.Tensor, replicas: number): tf.Tensor =>
  cross("AllRows", x, replicas);

/** A value on every replica. Its gradient is the sum of theirs. */
export const replicaCopy = (x: tf.Tensor, replicas: number): tf.Tensor =>
  cross("ReplicaCopy", x, replicas);

/** Sum of the replicas' values. */
export const allSum = (x: tf.Tensor, replicas: number): tf.Tensor =>
  cross("AllSum", x, replicas);

/** Mean of the replicas' values; a value that there is once stays as it is. */
export const allMean = (x: tf.Tensor, replicas: number): tf.Tensor =>
  isOnReplicas(x) ? tf.div(allSum(x, replicas), replicas) : x;
