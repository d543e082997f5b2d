/** @file Ops with a gradient of their own. */
import * as tf from "@tensorflow/tfjs";
import { gradientPlace } from "../trace/backend.ts";

/** An op, forwards and backwards. */
export interface Differentiable {
  /** The value; tensors that `backward` needs are given to `save`. */
  forward(save: (tensors: tf.Tensor[]) => void): tf.Tensor;
  /** Gradient of each input, from the gradient of the value and what was saved. */
  backward(dy: tf.Tensor, saved: tf.Tensor[]): tf.Tensor[];
}

/** Runs an op; tfjs's autodiff takes its gradient from `backward`. */
export function differentiable<T extends tf.Tensor>(
  inputs: readonly tf.Tensor[],
  { forward, backward }: Differentiable,
): T {
  const inPlace = gradientPlace();
  const run = tf.customGrad((...args) => {
    const save = args.at(-1) as unknown as (tensors: tf.Tensor[]) => void;
    return {
      value: forward(save),
      gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) =>
        inPlace(() => backward(dy, saved)),
    };
  });
  return run(...inputs) as T;
}
