/** @file Fully connected layer of tokens. */
import * as tf from "@tensorflow/tfjs";
import { affine, affineAfter, type Again } from "../ops/affine.ts";
import type { Initializer, Layer, ParameterScope, Run } from "./layer.ts";

/** Weights of a product, and its bias where it has one. */
export interface DenseWeights {
  /** `[in, out]` */
  readonly w: tf.Tensor2D;
  /** `[out]` */
  readonly b: tf.Tensor | undefined;
}

/** What stands before a dense layer. */
export interface Before {
  /** What is not kept for the layer's gradient. */
  op(x: tf.Tensor): Again;
  /** Does to the weights what can be done to them as well as to all tokens. */
  fold(weights: DenseWeights, run: Run): DenseWeights;
}

/** Shape of a {@linkcode tokenDense}. */
export interface TokenDenseOptions {
  /** Features that come in. */
  readonly in: number;
  /** Features that go out. */
  readonly out: number;
  /** Whether a bias is added. Default true. */
  readonly bias?: boolean;
  /** A norm or an activation of what comes in; nothing by default. */
  readonly before?: Before | undefined;
}

/** First weights of transformers. */
export const TRUNCATED_NORMAL: Initializer = {
  kind: "truncated_normal",
  std: 0.02,
};

/** A fully connected layer of tokens. */
export interface TokenDense extends Layer {
  /** The layer that gives some of its features alone. */
  some(start: number, count: number): Layer;
}

/**
 * `x W + b` over the last dimension of `[..., in]`. Weights start normal with
 * a deviation of 0.02, truncated, and the bias at 0, as timm's vision
 * transformers.
 */
export function tokenDense(
  scope: ParameterScope,
  { in: from, out, bias = true, before }: TokenDenseOptions,
): TokenDense {
  const shape = [from, out];
  const kernel = scope.declare("kernel", shape, "weight", TRUNCATED_NORMAL);
  const offset = bias
    ? scope.declare("bias", [out], "bias", { kind: "constant", value: 0 })
    : undefined;
  const apply = (
    x: tf.Tensor,
    run: Run,
    take: (weights: DenseWeights) => DenseWeights = (all) => all,
  ): tf.Tensor =>
    run.scope(scope.path, () => {
      const own = take({
        w: run.read(kernel) as tf.Tensor2D,
        b: offset && run.read(offset),
      });
      if (!before) return affine(x, own.w, own.b);
      const { w, b } = before.fold(own, run);
      return affineAfter([x], before.op(x), w, b);
    });
  const some = (start: number, count: number): Layer => (x, run) =>
    apply(x, run, ({ w, b }) => ({
      w: tf.slice(w, [0, start], [from, count]),
      b: b && tf.slice(b, [start], [count]),
    }));
  return Object.assign((x: tf.Tensor, run: Run) => apply(x, run), { some });
}
