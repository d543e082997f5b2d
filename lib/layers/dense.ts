/** @file Fully connected layer. */
import * as tf from "@tensorflow/tfjs";
import { linear } from "../ops/linear.ts";
import { FIRST_WEIGHTS, type FirstWeights } from "./first_weights.ts";
import type { Layer, ParameterScope } from "./layer.ts";

/** Shape of a {@linkcode dense}. */
export interface DenseOptions {
  /** Features that come in. */
  readonly in: number;
  /** Features that go out. */
  readonly out: number;
  /** Whether a bias is added. */
  readonly bias: boolean;
  /** How its weights start; as PyTorch's by default, on which the methods' recipes rest. */
  readonly init?: FirstWeights;
}

/** `x W + b` for `[batch, in]`. */
export function dense(
  scope: ParameterScope,
  { in: from, out, bias: biased, init = "torch" }: DenseOptions,
): Layer {
  const first = FIRST_WEIGHTS[init]({ in: from, out });
  const kernel = scope.declare("kernel", [from, out], "weight", first.kernel);
  const bias = biased
    ? scope.declare("bias", [out], "bias", first.bias)
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
