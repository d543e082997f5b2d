/** @file Raw bytes to numbers. */
import type * as tf from "@tensorflow/tfjs";
import { executeRaw } from "../trace/backend.ts";
import { bool, int, type } from "./attrs.ts";

/** uint8 to float32 in 0..1. tfjs has no uint8, hence the op directly. */
export function unitPixels(bytes: tf.Tensor): tf.Tensor {
  const [floats] = executeRaw("Cast", {
    SrcT: type("uint8"),
    DstT: type("float32"),
    Truncate: bool(false),
  }, [bytes]);
  return (floats as tf.Tensor).mul(1 / 255);
}

/**
 * uint8 images `[n, h, w, c]` as `[n, c, h, w]`, how a step reads them. Not by
 * `Transpose`: oneDNN takes that over, and complains of the type.
 */
export function planar(bytes: tf.Tensor): tf.Tensor {
  const channels = bytes.shape[3] as number;
  const T = type("uint8");
  const planes = executeRaw(
    "Unpack",
    { T, num: int(channels), axis: int(3) },
    [bytes],
  );
  const [images] = executeRaw(
    "Pack",
    { T, N: int(channels), axis: int(1) },
    planes as tf.Tensor[],
  );
  return images as tf.Tensor;
}
