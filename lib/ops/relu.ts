/** @file ReLU with TensorFlow's own gradient; tfjs composes it of three ops. */
import type * as tf from "@tensorflow/tfjs";
import { executeRaw } from "../trace/backend.ts";
import { type } from "./attrs.ts";
import { differentiable } from "./differentiable.ts";

const attrs = { T: type("float32") };

/** `max(x, 0)`; the gradient at 0 is 0. */
export function relu<T extends tf.Tensor>(x: T): T {
  return differentiable<T>([x], {
    forward(save) {
      const [y] = executeRaw("Relu", attrs, [x]) as [tf.Tensor];
      save([y]);
      return y;
    },
    backward: (dy, saved) => executeRaw("ReluGrad", attrs, [dy, ...saved]),
  });
}
