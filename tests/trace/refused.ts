/** @file Steps with one stage, and how they are refused. */
import assert from "@std/assert";
import * as tf from "@tensorflow/tfjs";
import { UserError } from "../../lib/errors.ts";
import {
  type Execution,
  runEagerly,
  trace,
  type Traceable,
} from "../../lib/trace/execution.ts";
import { engine } from "../helpers/engine.ts";
import { context, float32 } from "../helpers/numeric.ts";

export type Compute = (
  x: tf.Tensor2D,
  execution: Execution,
) => tf.Tensor | unknown;

export const FEED = { x: float32([2, 3], [1, 2, 3, 4, 5, 6]) };

/** A step with a stage "p" that computes something of `[2, 3]`. */
export const stage = (compute: Compute): Traceable => (execution) => {
  const x = execution.feed("x", [2, 3], "float32") as tf.Tensor2D;
  const y = execution.scope("p/part", () => compute(x, execution));
  return y instanceof tf.Tensor ? { y } : {};
};

/** The same, its mean as a loss to train the input by. */
export const training = (compute: Compute): Traceable => (execution) => {
  const x = execution.feed("x", [2, 3], "float32") as tf.Tensor2D;
  const loss = (x: tf.Tensor): tf.Scalar => {
    const y = execution.scope("p", () => compute(x as tf.Tensor2D, execution));
    return execution.scope("loss", () => tf.mean(y as tf.Tensor));
  };
  return { grad: tf.valueAndGrads(loss)([x]).grads[0] as tf.Tensor };
};

export const MODES: Readonly<Record<string, (body: Traceable) => unknown>> = {
  recorded: (body) => trace(engine.api, "step", body),
  "run op by op": (body) => runEagerly(context, body, FEED),
};

/** Asserts that a step is refused so in every mode, or in those that are given. */
export function refuses(
  body: Traceable,
  message: RegExp,
  modes: readonly string[] = Object.keys(MODES),
): void {
  for (const mode of modes) {
    assert.throws(
      () => MODES[mode]?.(body),
      (error: Error) => {
        assert.ok(error instanceof UserError, `${mode}: ${error}`);
        assert.match(error.message, message, mode);
        return true;
      },
      mode,
    );
  }
}
