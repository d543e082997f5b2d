import * as tf from "@tensorflow/tfjs";
import assert from "@std/assert";
import { optimize } from "../../lib/compile/compile.ts";
import { Machine, type Tensors } from "../../lib/compile/machine.ts";
import { printProgram } from "../../lib/ir/print.ts";
import { trace, type Traceable } from "../../lib/trace/execution.ts";
import { engine } from "../helpers/engine.ts";
import { matchesSnapshot } from "./snapshot.ts";

const KERNEL = { path: "kernel", shape: [3, 2], dtype: "float32" } as const;
const BIAS = { path: "bias", shape: [2], dtype: "float32" } as const;

/** A linear layer, its mean square, one step of gradient descent. */
const linearStep: Traceable = (execution) => {
  const x = execution.feed("x", [4, 3], "float32") as tf.Tensor2D;
  const [kernel, bias] = [execution.read(KERNEL), execution.read(BIAS)];
  const { value, grads } = tf.valueAndGrads((kernel, bias) =>
    execution.scope("linear", () => {
      const y = tf.add(tf.matMul(x, kernel as tf.Tensor2D), bias);
      return tf.mean(tf.square(y)) as tf.Scalar;
    })
  )([kernel, bias]);
  execution.scope("optimizer", () => {
    for (const [i, ref] of [KERNEL, BIAS].entries()) {
      const change = tf.mul(grads[i] as tf.Tensor, 0.1);
      execution.assign(ref, tf.sub(execution.read(ref), change));
    }
  });
  return { loss: value };
};

Deno.test("the op graph of a linear layer's step is the one on file", async () => {
  const program = trace(engine.api, "step", linearStep);
  await matchesSnapshot("linear_step.traced", printProgram(program));
  await matchesSnapshot(
    "linear_step.optimized",
    printProgram(optimize(program)),
  );
});

Deno.test("an optimized program computes what the recorded one did, bit by bit", async () => {
  const program = trace(engine.api, "step", linearStep);
  const optimized = optimize(program);
  assert.ok(optimized.nodes.length < program.nodes.length);
  const results = [];
  for (const version of [program, optimized]) {
    const machine = new Machine(engine.api, engine.config);
    const start = machine.load(trace(engine.api, "start", (execution) => {
      execution.assign(KERNEL, tf.tensor2d([1, -2, 3, 0.5, -1, 2], [3, 2]));
      execution.assign(BIAS, tf.tensor1d([0.25, -1]));
      return {};
    }));
    const read = machine.load(trace(engine.api, "read", (execution) => ({
      kernel: execution.read(KERNEL),
      bias: execution.read(BIAS),
    })));
    await start.run();
    const step = machine.load(version);
    const data = Float32Array.from({ length: 12 }, (_, i) => Math.sin(i));
    const inputs: Tensors = { x: { dtype: "float32", shape: [4, 3], data } };
    const losses = [await step.run(inputs), await step.run(inputs)];
    results.push({ losses, state: await read.run() });
    machine.close();
  }
  assert.deepEqual(results[1], results[0]);
  // Gradient descent: the second loss is below the first.
  const [first, second] = results[0]?.losses.map(({ loss }) =>
    loss?.data[0]
  ) as [number, number];
  assert.ok(second < first, `${second} is not below ${first}`);
});
