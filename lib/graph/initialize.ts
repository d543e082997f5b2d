/** @file First values of variables. */
import * as tf from "@tensorflow/tfjs";
import type { Initializer, Variable } from "../layers/layer.ts";
import { l2Normalize } from "../ops/normalize.ts";
import { type Random, StatelessRandom } from "../ops/random.ts";
import type { Traceable } from "../trace/execution.ts";

const DRAW: {
  readonly [K in Initializer["kind"]]: (
    init: Extract<Initializer, { kind: K }>,
    shape: readonly number[],
    random: Random,
  ) => tf.Tensor;
} = {
  constant: ({ value }, shape) => tf.fill([...shape], value),
  normal: ({ std }, shape, random) => tf.mul(random.normal(shape), std),
  uniform: ({ bound }, shape, random) => random.uniform(shape, -bound, bound),
  unit_rows: (_, shape, random) =>
    l2Normalize(random.normal(shape) as tf.Tensor2D),
};

/**
 * Assigns every variable its first value. A random one depends only on the
 * seed and the variable's path, not on its place among the others.
 *
 * @param sources Variables that start as a copy of another (EMA twins).
 */
export function initializer(
  variables: readonly Variable[],
  seed: number,
  sources: ReadonlyMap<Variable, Variable>,
): Traceable {
  return (execution) => {
    const never = tf.scalar(0, "int32");
    for (const variable of variables) {
      const { path, init } = sources.get(variable) ?? variable;
      const random = new StatelessRandom(seed, `init/${path}`, never);
      const value = DRAW[init.kind](init as never, variable.shape, random);
      execution.assign(
        variable,
        variable.dtype === "int32" ? tf.cast(value, "int32") : value,
      );
    }
    return {};
  };
}
