/** @file GELU before a dense layer. */
import * as tf from "@tensorflow/tfjs";
import { twiceGeluOp } from "../ops/gelu.ts";
import type { Before } from "./token_dense.ts";

/** It is not kept for the layer's gradient; its half is the weights'. */
export const geluBefore: Before = {
  op: (x) => twiceGeluOp(x),
  fold: ({ w, b }) => ({ w: tf.mul(w, 0.5), b }),
};
