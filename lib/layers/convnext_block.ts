/** @file ConvNeXt's block (Liu et al. 2022, arXiv:2201.03545). */
import * as tf from "@tensorflow/tfjs";
import { depthwiseConv2d } from "../ops/depthwise_conv.ts";
import { type Layer, type ParameterScope, sequential } from "./layer.ts";
import { geluBefore } from "./gelu_before.ts";
import { layerNormBefore } from "./layer_norm.ts";
import { residualBranch } from "./residual_branch.ts";
import { tokenDense, TRUNCATED_NORMAL } from "./token_dense.ts";

/** Shape of a {@linkcode convnextBlock}. */
export interface ConvnextBlockOptions {
  /** Channels. */
  readonly width: number;
  /** Side of the convolution's kernel, odd. Default 7. */
  readonly kernel?: number;
  /** First value of the learned scale of the branch; none by default. */
  readonly layerScale?: number | undefined;
  /** Share of samples in which training leaves the branch out. Default 0. */
  readonly dropPath?: number | undefined;
}

/** A convolution of each channel by itself, with a bias. */
function depthwise(
  scope: ParameterScope,
  width: number,
  side: number,
): Layer {
  const shape = [side, side, 1, width];
  const kernel = scope.declare("kernel", shape, "weight", TRUNCATED_NORMAL);
  const bias = scope.declare("bias", [width], "bias", {
    kind: "constant",
    value: 0,
  });
  return (x, run) =>
    run.scope(
      scope.path,
      () =>
        tf.add(
          depthwiseConv2d(x as tf.Tensor4D, run.read(kernel) as tf.Tensor4D),
          run.read(bias),
        ),
    );
}

/**
 * `x + mlp(norm(depthwise(x)))` of `[batch, height, width, channels]`, the
 * perceptron of each place by itself, 4 times as wide within.
 */
export function convnextBlock(
  scope: ParameterScope,
  { width, kernel = 7, ...branch }: ConvnextBlockOptions,
): Layer {
  const mlp = scope.child("mlp");
  return residualBranch(
    scope.child("branch"),
    sequential(
      depthwise(scope.child("depthwise"), width, kernel),
      tokenDense(mlp.child("linear1"), {
        in: width,
        out: 4 * width,
        before: layerNormBefore(scope.child("norm"), { width }),
      }),
      tokenDense(mlp.child("linear2"), {
        in: 4 * width,
        out: width,
        before: geluBefore,
      }),
    ),
    { width, ...branch },
  );
}
