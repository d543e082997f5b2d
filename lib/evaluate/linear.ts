/** @file Linear probe trained by Adam for some epochs: it need not have converged. */
import * as tf from "@tensorflow/tfjs";
import { epochOrder } from "../data/shuffle.ts";
import { crossEntropy } from "../ops/cross_entropy.ts";
import { adam } from "../optim/adam.ts";
import { learningRateFactor } from "../optim/schedule.ts";
import type { VariableRef } from "../trace/execution.ts";
import type { Programs } from "../compile/runtime.ts";
import { top1 } from "./accuracy.ts";
import type { Features } from "./features.ts";
import { type Labelled, uploadSet } from "./probe_set.ts";
import { momentsOf, standardised } from "./standardise.ts";

/** Settings of {@linkcode linearAccuracy}. */
export interface LinearOptions {
  readonly epochs: number;
  /** Adam's learning rate at the start of a cosine. */
  readonly lr: number;
  /** Rows a step. */
  readonly batch: number;
  /** Of the order of the rows. */
  readonly seed?: number;
}

/**
 * Share of test rows that a linear classifier is right about, as
 * `linearWinners` trains it.
 *
 * @returns Top-1 accuracy on the test features, in 0..1.
 */
export async function linearAccuracy(
  ...all: Parameters<typeof linearWinners>
): Promise<number> {
  return top1(await linearWinners(...all), all[2].labels);
}

/**
 * Trains a linear classifier on standardised training features (Adam, cosine
 * schedule).
 *
 * @returns For each test row the class that it gives.
 */
export async function linearWinners(
  programs: Programs,
  train: Labelled,
  test: Labelled,
  classes: number,
  { epochs, lr, batch: wanted, seed = 0 }: LinearOptions,
  signal?: AbortSignal,
): Promise<Int32Array> {
  const moments = momentsOf(train.features);
  const { count, width } = train.features;
  const batch = Math.min(wanted, count);
  const set = await uploadSet(programs, {
    labels: train.labels,
    features: standardised(train.features, moments),
  });
  const prefix = set.rows.path.replace(/rows$/, "probe");
  const float = (name: string, shape: readonly number[]): VariableRef => ({
    path: `${prefix}/${name}`,
    shape,
    dtype: "float32",
  });
  const weights = [float("kernel", [width, classes]), float("bias", [classes])];
  const slots = weights.map(({ path, shape }) =>
    adam.slots.map((
      slot,
    ) => ({ path: `${path}/${slot}`, shape, dtype: "float32" } as const))
  );
  await programs.load("probe_start", (execution) => {
    for (const ref of [...weights, ...slots.flat()]) {
      execution.assign(ref, tf.zeros([...ref.shape] as [number]));
    }
    return {};
  }).run();

  const options = adam.options.parse({ lr });
  const step = programs.load("probe_step", (execution) => {
    const indices = execution.feed("indices", [batch], "int32");
    const rate = execution.feed("rate", [], "float32") as tf.Scalar;
    const done = execution.feed("step", [], "float32") as tf.Scalar;
    const x = execution.gather(set.rows, indices) as tf.Tensor2D;
    const labels = execution.gather(set.classes, indices) as tf.Tensor1D;
    const values = weights.map((ref) => execution.read(ref));
    const { grads } = tf.valueAndGrads((...[kernel, bias]) =>
      crossEntropy(
        tf.add(tf.matMul(x, kernel as tf.Tensor2D), bias as tf.Tensor),
        labels,
      )
    )(values);
    weights.forEach((ref, i) => {
      const own = slots[i] ?? [];
      const updated = adam.update({
        value: values[i] as tf.Tensor,
        gradient: grads[i] as tf.Tensor,
        slots: own.map((slot) => execution.read(slot)),
        lr: rate,
        step: done,
        isWeight: i === 0,
      }, options);
      execution.assign(ref, updated.value);
      own.forEach((slot, k) => {
        execution.assign(slot, updated.slots[k] as tf.Tensor);
      });
    });
    return {};
  });
  const perEpoch = Math.floor(count / batch);
  const steps = epochs * perEpoch;
  let order = epochOrder(seed, 0, count);
  const scalar = (value: number) =>
    ({ dtype: "float32", shape: [], data: Float32Array.of(value) }) as const;
  for (let i = 0; i < steps; i++) {
    signal?.throwIfAborted();
    const place = i % perEpoch;
    if (place === 0) order = epochOrder(seed, i / perEpoch, count);
    const factor = learningRateFactor(
      { kind: "cosine", warmup: 0, final: 0 },
      i,
      steps,
      perEpoch,
    );
    await step.run({
      indices: {
        dtype: "int32",
        shape: [batch],
        data: order.slice(place * batch, (place + 1) * batch),
      },
      rate: scalar(lr * factor),
      step: scalar(i),
    });
  }
  return await classify(
    programs,
    weights,
    standardised(test.features, moments),
  );
}

async function classify(
  programs: Programs,
  [kernel, bias]: readonly VariableRef[],
  { count, width, data }: Features,
): Promise<Int32Array> {
  const predict = programs.load("probe_test", (execution) => {
    const x = execution.feed("rows", [count, width], "float32");
    const logits = tf.add(
      tf.matMul(
        x as tf.Tensor2D,
        execution.read(kernel as VariableRef) as tf.Tensor2D,
      ),
      execution.read(bias as VariableRef),
    );
    return { winner: tf.argMax(logits, 1) };
  });
  const { winner } = await predict.run({
    rows: { dtype: "float32", shape: [count, width], data },
  });
  return Int32Array.from(winner?.data ?? [], Number);
}
