/** @file Spreading a recorded step over devices. */
import assert from "@std/assert";
import * as tf from "@tensorflow/tfjs";
import { optimize, passesFor } from "../../lib/compile/compile.ts";
import { replicate } from "../../lib/compile/passes/replicate.ts";
import { compiledRuntime } from "../../lib/compile/runtime.ts";
import { FLOAT32 } from "../../lib/ir/rounding.ts";
import {
  allMean,
  allRows,
  allSum,
  replicaCopy,
  replicaRows,
} from "../../lib/ops/replicas.ts";
import { trace, type Traceable } from "../../lib/trace/execution.ts";
import { engine } from "../helpers/engine.ts";

const ROWS = 6;

/** Squares of scaled rows, their sum, and gradients of the rows and the scale. */
const body = (replicas: number): Traceable => (execution) => {
  const x = execution.feed("x", [ROWS, 2], "float32") as tf.Tensor2D;
  const scale = execution.feed("scale", [2], "float32") as tf.Tensor1D;
  const products: tf.Tensor[] = [];
  const { value, grads: [dx, dscale] } = tf.valueAndGrads(
    (x: tf.Tensor, scale: tf.Tensor) => {
      const own = replicas === 1
        ? tf.mul(x, scale)
        : tf.mul(replicaRows(x, replicas), replicaCopy(scale, replicas));
      const all = replicas === 1 ? own : allRows(own, replicas);
      products.push(tf.keep(all));
      const sum = tf.sum(tf.square(own));
      return replicas === 1 ? sum : allSum(sum, replicas);
    },
  )([x, scale]);
  return {
    value,
    dx: dx as tf.Tensor,
    dscale: dscale as tf.Tensor,
    products: products[0] as tf.Tensor,
    mean: allMean(value, replicas),
  };
};

const INPUTS = {
  x: {
    dtype: "float32",
    shape: [ROWS, 2],
    // Whole numbers, so that no sum is rounded.
    data: Float32Array.from({ length: 2 * ROWS }, (_, i) => i - 4),
  },
  scale: { dtype: "float32", shape: [2], data: Float32Array.of(3, -2) },
} as const;

Deno.test("Rows, copies, sums and their gradients are those of one device", async () => {
  const results = [];
  for (const replicas of [1, 2, 3]) {
    const config = { ...engine.config, replicas };
    const runtime = compiledRuntime({ ...engine, replicas, config });
    results.push(await runtime.load("spread", body(replicas)).run(INPUTS));
    runtime.close();
  }
  const [one, ...others] = results;
  for (const other of others) assert.deepEqual(other, one);
  assert.deepEqual([...one?.["dscale"]?.data ?? []].length, 2);
});

Deno.test("Each replica has its ops on its device, and whole values lie on the first", () => {
  const program = trace(engine.api, "spread", body(3));
  const { nodes, fetches } = optimize(program, passesFor(FLOAT32));
  const on = (op: string): (number | undefined)[] =>
    nodes.filter((node) => node.op === op).map(({ replica }) =>
      replica as number | undefined
    );
  assert.deepEqual(on("Square"), [undefined, 1, 2]);
  assert.deepEqual(on("Slice"), Array(3).fill(undefined));
  for (const { node } of fetches.values()) {
    assert.equal(node.replica, undefined);
  }
  // A constant is at hand where it is read.
  for (const { op, replica, inputs } of nodes) {
    for (const { node } of inputs) {
      if (node.op !== "Const" || op === "Identity") continue;
      assert.equal(node.replica, replica, op);
    }
  }
});

Deno.test("Sums of three replicas are added one after another", () => {
  const program = trace(engine.api, "spread", body(3));
  const [first, second] = replicate.run(program).nodes.filter(({ op, scope }) =>
    op === "AddV2" && scope.startsWith("replicas")
  );
  assert.equal(second?.inputs[0]?.node, first);
});

/** A weight of many numbers that each replica reads, and its gradient. */
const LARGE = 2 ** 14 + 5;
const large = (replicas: number): Traceable => (execution) => {
  const weight = execution.feed("weight", [LARGE], "float32") as tf.Tensor1D;
  const x = execution.feed("x", [ROWS, 2], "float32") as tf.Tensor2D;
  const { grads: [gradient] } = tf.valueAndGrads(
    (weight: tf.Tensor, x: tf.Tensor) => {
      const one = replicas === 1;
      const own = one ? weight : replicaCopy(weight, replicas);
      const rows = one ? x : replicaRows(x, replicas);
      const sum = tf.mul(tf.sum(rows), tf.sum(tf.square(own)));
      return one ? sum : allSum(sum, replicas);
    },
  )([weight, x]);
  return { gradient: gradient as tf.Tensor };
};

Deno.test("A large weight and its gradient are those of one device, in pieces", async () => {
  const inputs = {
    x: INPUTS.x,
    weight: {
      dtype: "float32",
      shape: [LARGE],
      data: Float32Array.from({ length: LARGE }, (_, i) => i % 64),
    },
  } as const;
  const results = [];
  for (const replicas of [1, 2, 3]) {
    const config = { ...engine.config, replicas };
    const runtime = compiledRuntime({ ...engine, replicas, config });
    results.push(await runtime.load("large", large(replicas)).run(inputs));
    runtime.close();
  }
  const [one, ...others] = results;
  for (const other of others) assert.deepEqual(other, one);
});

Deno.test("What the first device sends and is sent of a large weight does not grow with the number of others", () => {
  for (const replicas of [3, 6]) {
    const { nodes } = optimize(
      trace(engine.api, "large", large(replicas)),
      passesFor(FLOAT32),
    );
    const sent = { in: 0, out: 0 };
    const known = new Set<string>();
    for (const node of nodes) {
      for (const value of node.inputs) {
        const [from, to] = [value.node.replica ?? 0, node.replica ?? 0];
        const key = `${nodes.indexOf(value.node)} ${value.index} ${to}`;
        if (from === to || known.has(key)) continue;
        known.add(key);
        const size = value.shape.reduce((a, b) => a * b, 1);
        if (from === 0) sent.out += size;
        if (to === 0) sent.in += size;
      }
    }
    // The weight twice, and its gradient once, or twice the other way.
    for (const [way, most] of [["out", 3], ["in", 2]] as const) {
      assert.ok(sent[way] > LARGE, way);
      assert.ok(sent[way] < most * LARGE, `${way}: ${sent[way] / LARGE}`);
    }
  }
});

Deno.test("A value that would differ by replica is not fetched", () => {
  const program = trace(engine.api, "wrong", (execution) => ({
    own: replicaRows(execution.feed("x", [ROWS, 2], "float32"), 2),
  }));
  assert.throws(() => replicate.run(program), /would differ by replica/);
  assert.throws(
    () =>
      trace(engine.api, "wrong", (execution) => ({
        all: allRows(execution.feed("x", [ROWS, 2], "float32"), 2),
      })),
    /AllRows in "" of a wrong form/,
  );
});
