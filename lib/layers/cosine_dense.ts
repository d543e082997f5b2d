/** @file Fully connected layer of directions: the last one of DINO's head. */
import * as tf from "@tensorflow/tfjs";
import { linear } from "../ops/linear.ts";
import { l2Normalize } from "../ops/normalize.ts";
import type { Layer, ParameterScope } from "./layer.ts";

/**
 * Cosines between `[batch, in]` and `out` learned directions (prototypes), in
 * -1..1: a product of rows of length 1 with weights that are normalised too.
 *
 * This is DINO's weight-normalised layer with its lengths fixed at 1 (Caron et
 * al. 2021, arXiv:2104.14294, section 3.1). Weights start uniform in
 * ±1/sqrt(in); only their directions matter.
 */
export function cosineDense(
  scope: ParameterScope,
  { in: from, out }: { readonly in: number; readonly out: number },
): Layer {
  const kernel = scope.declare("kernel", [from, out], "weight", {
    kind: "uniform",
    bound: 1 / Math.sqrt(from),
  });
  return (x, run) =>
    run.scope(scope.path, () => {
      const weights = run.read(kernel) as tf.Tensor2D;
      const squares = tf.sum(tf.square(weights), 0, true);
      const unit = tf.mul(
        weights,
        tf.rsqrt(tf.maximum(squares, 1e-24)),
      ) as tf.Tensor2D;
      return linear(l2Normalize(x as tf.Tensor2D), unit);
    });
}
