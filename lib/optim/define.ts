/** @file What an optimizer is. */
import type * as tf from "@tensorflow/tfjs";
import type { z } from "zod";
import type { Ramp } from "../stages/ramp.ts";

/** One parameter in one step. */
export interface OptimizerStep {
  /** The parameter before the step. */
  readonly value: tf.Tensor;
  /** Gradient of the loss, shaped like the parameter. */
  readonly gradient: tf.Tensor;
  /** One tensor for each of the optimizer's slots, shaped like the parameter. */
  readonly slots: readonly tf.Tensor[];
  /** Learning rate of this step and parameter: the one way in which it comes. */
  readonly lr: tf.Scalar;
  /** Steps done before this one, a float32 scalar. */
  readonly step: tf.Scalar;
  /** Whether it is a weight: neither a bias nor a scale or offset of a norm. */
  readonly isWeight: boolean;
}

/**
 * Options as a rule computes with them: the rate is the step's own, and what
 * the pipeline gives as `{ from, to }` is a scalar.
 */
export type OptimizerOptions<Options> = {
  readonly [K in Exclude<keyof Options, "lr">]: Ramp extends Options[K]
    ? Exclude<Options[K], Ramp> | number | tf.Scalar
    : Options[K];
};

/** A rule that turns a gradient into a new value. */
export interface OptimizerDefinition<
  Options extends { readonly lr: number } = { readonly lr: number },
> {
  /** Tells definitions apart. */
  readonly kind: "optimizer";
  /** Name in YAML, such as `sgd`. */
  readonly name: string;
  /** One sentence for the reference page and the editor. */
  readonly summary: string;
  /** Paper or source of the rule, with its address. */
  readonly reference?: string;
  /** Whether each number of the gradient is scaled by its own history, as Adam's. */
  readonly adaptive?: boolean;
  /** Schema of its keys in YAML. */
  readonly options: z.ZodType<Options>;
  /** Names of the moving values it keeps for each parameter. */
  readonly slots: readonly string[];
  /** The parameter and its slots after the step. */
  update(
    step: OptimizerStep,
    options: OptimizerOptions<Options>,
  ): { readonly value: tf.Tensor; readonly slots: readonly tf.Tensor[] };
}

/** Defines an optimizer; a definition is one file and one line in its registry. */
export function defineOptimizer<O extends { readonly lr: number }>(
  definition: Omit<OptimizerDefinition<O>, "kind">,
): OptimizerDefinition {
  return {
    kind: "optimizer",
    ...definition,
  } as unknown as OptimizerDefinition;
}
