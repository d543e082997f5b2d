/** @file The order of values. */
import * as tf from "@tensorflow/tfjs";
import { executeRaw } from "../trace/backend.ts";
import { bool, type } from "./attrs.ts";

/**
 * Indices that sort the last axis in ascending order; of equal values the first
 * comes first. No gradient flows through it.
 *
 * Of random numbers, `argsort(random.uniform([batch, n]))`, it is a permutation
 * for each row; of a permutation it is the inverse one.
 *
 * @param x float32 or int32 `[..., n]`
 * @returns int32 `[..., n]`
 */
export function argsort<T extends tf.Tensor>(x: T): T {
  const count = x.shape.at(-1) as number;
  const attrs = {
    T: type(x.dtype === "int32" ? "int32" : "float32"),
    sorted: bool(true),
  };
  const inputs = [tf.neg(x), tf.scalar(count, "int32")];
  const [, indices] = executeRaw("TopKV2", attrs, inputs, "none");
  return indices as T;
}
