/** @file Convolutions and matrix products by themselves, in the engine. */
import * as tf from "@tensorflow/tfjs";
import { openEngine } from "../../../lib/engine/open.ts";
import { conv2d } from "../../../lib/ops/conv.ts";
import { linear } from "../../../lib/ops/linear.ts";
import type { Traceable, VariableRef } from "../../../lib/trace/execution.ts";
import { compiledRuntime } from "../../../lib/train/runtime.ts";
import type { OurJob, Precision } from "../jobs.ts";
import type { Ready, Surroundings } from "./ready.ts";

const variable = (path: string, ...shape: number[]): VariableRef => ({
  path,
  shape,
  dtype: "float32",
});

/** A chain of one op: each takes what the last one gave. */
async function chain(
  { x, weight, scale, op, length, precision, flops }: {
    readonly x: VariableRef;
    readonly weight: VariableRef;
    /** Value of all weights: what goes through keeps its size. */
    readonly scale: number;
    readonly op: (x: tf.Tensor, weight: tf.Tensor) => tf.Tensor;
    readonly length: number;
    readonly precision: Precision;
    /** Of one op. */
    readonly flops: number;
  },
  { threads }: Surroundings,
): Promise<Ready> {
  const engine = await openEngine({ device: "cpu", threads });
  const runtime = compiledRuntime(engine);
  const fill: Traceable = (execution) => {
    execution.assign(x, tf.fill([...x.shape], 0.1));
    execution.assign(weight, tf.fill([...weight.shape], scale));
    return {};
  };
  const body: Traceable = (execution) => {
    const w = execution.read(weight);
    let y = execution.read(x);
    for (let i = 0; i < length; i++) y = op(y, w);
    execution.assign(variable("y", ...y.shape), y);
    return {};
  };
  await runtime.load("fill", fill).run();
  const program = runtime.load("chain", body, precision);
  const run = async (count: number): Promise<void> => {
    for (let i = 0; i < count; i++) await program.run();
  };
  await run(2);
  return { facts: { units: length * flops }, run, engine };
}

/** 3x3 convolutions from as many channels to as many. */
export function convolution(
  { precision, batch, side, channels, chain: length }: Extract<
    OurJob,
    { job: "convolution" }
  >,
  surroundings: Surroundings,
): Promise<Ready> {
  return chain({
    x: variable("x", batch, side, side, channels),
    weight: variable("weight", 3, 3, channels, channels),
    scale: 1 / (9 * channels),
    op: (x, weight) =>
      conv2d(x as tf.Tensor4D, weight as tf.Tensor4D, {
        stride: 1,
        padding: 1,
      }),
    length,
    precision,
    flops: 2 * batch * side ** 2 * 9 * channels ** 2,
  }, surroundings);
}

/** Products of square matrices. */
export function product(
  { precision, side, chain: length }: Extract<OurJob, { job: "product" }>,
  surroundings: Surroundings,
): Promise<Ready> {
  return chain({
    x: variable("x", side, side),
    weight: variable("weight", side, side),
    scale: 1 / side,
    op: (x, weight) => linear(x as tf.Tensor2D, weight as tf.Tensor2D),
    length,
    precision,
    flops: 2 * side ** 3,
  }, surroundings);
}
