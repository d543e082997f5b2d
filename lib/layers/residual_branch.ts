/** @file What a transformer's block adds to its tokens. */
import * as tf from "@tensorflow/tfjs";
import { dropPath } from "../ops/drop_path.ts";
import type { Layer, ParameterScope, Run } from "./layer.ts";

/** How a branch is added. */
export interface BranchOptions {
  /** Features of a token. */
  readonly width: number;
  /**
   * First value of a learned scale for each feature (Touvron et al. 2021,
   * arXiv:2103.17239); none by default.
   */
  readonly layerScale?: number | undefined;
  /** Share of samples in which training leaves the branch out. Default 0. */
  readonly dropPath?: number | undefined;
}

/** Adds what a branch gave to the tokens beside it. */
export type BranchSum = (
  x: tf.Tensor,
  added: tf.Tensor,
  run: Run,
) => tf.Tensor;

/** `x + scale · added`, without what was added now and then in training. */
export function branchSum(
  scope: ParameterScope,
  { width, layerScale, dropPath: rate = 0 }: BranchOptions,
): BranchSum {
  const scale = layerScale === undefined
    ? undefined
    : scope.declare("scale", [width], "norm", {
      kind: "constant",
      value: layerScale,
    });
  return (x, added, run) =>
    run.scope(scope.path, () => {
      const scaled = scale ? tf.mul(added, run.read(scale)) : added;
      const dropped = rate > 0 && run.training
        ? dropPath(scaled, rate, run.random(scope.path))
        : scaled;
      return tf.add(x, dropped);
    });
}

/**
 * `x + scale · branch(x)`, the branch left out now and then in training.
 */
export function residualBranch(
  scope: ParameterScope,
  branch: Layer,
  options: BranchOptions,
): Layer {
  const sum = branchSum(scope, options);
  return (x, run) => sum(x, branch(x, run), run);
}
