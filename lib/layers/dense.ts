/** @file Fully connected layer. */
import * as tf from "@tensorflow/tfjs";
import { linear } from "../ops/linear.ts";
import type { Layer, ParameterScope } from "./layer.ts";

/** Shape of a {@linkcode dense}. */
export interface DenseOptions {
  /** Features that come in. */
  readonly in: number;
  /** Features that go out. */
  readonly out: number;
  /** Whether a bias is added. */
  readonly bias: boolean;
}

/**
 * `x W + b` for `[batch, in]`. Weights and bias start uniform in
 * ±1/sqrt(in), as PyTorch's `Linear`, on which the methods' recipes rest.
 */
export function dense(scope: ParameterScope, options: DenseOptions): Layer {
  const init = { kind: "uniform", bound: 1 / Math.sqrt(options.in) } as const;
  const shape = [options.in, options.out];
  const kernel = scope.declare("kernel", shape, "weight", init);
  const bias = options.bias
    ? scope.declare("bias", [options.out], "bias", init)
    : undefined;
  return (x, run) =>
    run.scope(scope.path, () => {
      const product = linear(
        x as tf.Tensor2D,
        run.read(kernel) as tf.Tensor2D,
      );
      return bias ? tf.add(product, run.read(bias)) : product;
    });
}
