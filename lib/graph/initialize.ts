/** @file First values of variables. */
import * as tf from "@tensorflow/tfjs";
import type { Initializer, Variable } from "../layers/layer.ts";
import { type } from "../ops/attrs.ts";
import { l2Normalize } from "../ops/normalize.ts";
import { type Random, StatelessRandom } from "../ops/random.ts";
import { executeRaw } from "../trace/backend.ts";
import type { Traceable } from "../trace/execution.ts";
import type { StageGraph } from "./stage_graph.ts";

function filled(shape: readonly number[], value: tf.Tensor): tf.Tensor {
  const [result] = executeRaw("Fill", {
    T: type("float32"),
    index_type: type("int32"),
  }, [tf.tensor1d([...shape], "int32"), value]);
  return result as tf.Tensor;
}

/** Share of a normal within two standard deviations, and the deviation of that. */
const [WITHIN, STD_WITHIN] = [0.9544997361036416, 0.8796256610342398];

const DRAW: {
  readonly [K in Initializer["kind"]]: (
    init: Extract<Initializer, { kind: K }>,
    shape: readonly number[],
    random: Random,
    step: tf.Scalar,
  ) => tf.Tensor;
} = {
  constant: ({ value }, shape, _, step) =>
    filled(shape, tf.add(tf.cast(step, "float32"), value)),
  normal: ({ std }, shape, random) => tf.mul(random.normal(shape), std),
  uniform: ({ bound }, shape, random) => random.uniform(shape, -bound, bound),
  truncated_normal({ std }, shape, random) {
    const uniform = random.uniform(shape, -WITHIN, WITHIN);
    const [normal] = executeRaw("Erfinv", { T: type("float32") }, [uniform]);
    return tf.mul(normal as tf.Tensor, Math.SQRT2 * std / STD_WITHIN);
  },
  unit_rows: (_, shape, random) =>
    l2Normalize(random.normal(shape) as tf.Tensor2D),
};

/** What follows a stage's weights starts as a copy of them. */
export const followed = (
  { order }: Pick<StageGraph, "order">,
): Map<Variable, Variable> =>
  new Map(order.flatMap(({ built: { follows = [] } }) => [...follows]));

/**
 * Assigns every variable its first value. A random one depends only on the
 * seed and the variable's path, not on its place among the others.
 *
 * The program is fed the step, which is 0. Nothing is constant then: TensorFlow
 * would compute what is as it compiles, and keep it for as long as the session
 * lives.
 *
 * @param sources Variables that start as a copy of another (EMA twins).
 */
export function initializer(
  variables: readonly Variable[],
  seed: number,
  sources: ReadonlyMap<Variable, Variable>,
): Traceable {
  return (execution) => {
    const step = execution.feed("step", [], "int32") as tf.Scalar;
    for (const variable of variables) {
      const { path, init } = sources.get(variable) ?? variable;
      const random = new StatelessRandom(seed, `init/${path}`, step);
      const value = DRAW[init.kind](
        init as never,
        variable.shape,
        random,
        step,
      );
      execution.assign(
        variable,
        variable.dtype === "int32" ? tf.cast(value, "int32") : value,
      );
    }
    return {};
  };
}
