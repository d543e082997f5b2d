/** @file What an op hands over to its own gradient. */
import type * as tf from "@tensorflow/tfjs";
import { executeRaw } from "../trace/backend.ts";
import { type } from "./attrs.ts";

/**
 * The same float32 value, marked as one that lies there until the backward
 * pass. Recorded as `Identity`, which the low-precision pass keeps in bfloat16;
 * else it costs nothing.
 */
export function kept<T extends tf.Tensor>(x: T): T {
  return executeRaw("Identity", { T: type("float32") }, [x])[0] as T;
}
