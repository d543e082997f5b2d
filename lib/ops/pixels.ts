/** @file Raw bytes to numbers. */
import * as tf from "@tensorflow/tfjs";
import { executeRaw } from "../trace/backend.ts";
import { bool, type } from "./attrs.ts";

/** uint8 to float32 in 0..1. tfjs has no uint8, hence the op directly. */
export function unitPixels(bytes: tf.Tensor): tf.Tensor {
  const [floats] = executeRaw("Cast", {
    SrcT: type("uint8"),
    DstT: type("float32"),
    Truncate: bool(false),
  }, [bytes]);
  return (floats as tf.Tensor).mul(1 / 255);
}

/** uint8 images `[n, h, w, c]` as `[n, c, h, w]`, how a step reads them. */
export function planar(bytes: tf.Tensor): tf.Tensor {
  const order = tf.tensor1d([0, 3, 1, 2], "int32");
  const [planes] = executeRaw("Transpose", {
    T: type("uint8"),
    Tperm: type("int32"),
  }, [bytes, order]);
  return planes as tf.Tensor;
}
