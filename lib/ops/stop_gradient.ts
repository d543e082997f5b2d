/** @file A value without its past. */
import type * as tf from "@tensorflow/tfjs";
import { executeRaw } from "../trace/backend.ts";
import { type } from "./attrs.ts";

/** The same float32 value, through which no gradient flows. */
export function stopGradient<T extends tf.Tensor>(x: T): T {
  const attrs = { T: type("float32") };
  return executeRaw("StopGradient", attrs, [x], "none")[0] as T;
}
