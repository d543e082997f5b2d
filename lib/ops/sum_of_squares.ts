/** @file Sum of squares in one pass; tfjs writes the squares down first. */
import * as tf from "@tensorflow/tfjs";
import { executeRaw } from "../trace/backend.ts";
import { type } from "./attrs.ts";

const attrs = { T: type("float32") };

/** Of all elements of all tensors. No gradient flows through it. */
export function sumOfSquares(tensors: readonly tf.Tensor[]): tf.Scalar {
  // TensorFlow's L2Loss is half of it.
  const halves = tensors.map((x) =>
    executeRaw("L2Loss", attrs, [x])[0] as tf.Scalar
  );
  return tf.mul(tf.sum(tf.stack(halves)), 2);
}
