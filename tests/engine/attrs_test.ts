import assert from "@std/assert";
import { Machine } from "../../lib/compile/machine.ts";
import { EagerContext } from "../../lib/engine/eager.ts";
import type { TensorData } from "../../lib/ir/dtype.ts";
import type { Attr, Attrs } from "../../lib/ir/program.ts";
import { Recording } from "../../lib/trace/recording.ts";
import { engine } from "../helpers/engine.ts";

const float: Attr = { kind: "type", value: "float32" };
const floats = (shape: number[], ...data: number[]): TensorData => ({
  dtype: "float32",
  shape,
  data: Float32Array.from(data),
});

interface Case {
  readonly op: string;
  readonly attrs: Attrs;
  readonly inputs: readonly TensorData[];
  /** Result that only the attribute's right value gives. */
  readonly result: TensorData;
}

/** For each kind of attribute, an op whose result shows what was set. */
const CASES: Readonly<Record<Attr["kind"], Case>> = {
  type: {
    op: "Cast",
    attrs: { SrcT: float, DstT: { kind: "type", value: "int32" } },
    inputs: [floats([2], 1.7, -2.7)],
    result: { dtype: "int32", shape: [2], data: Int32Array.of(1, -2) },
  },
  int: {
    op: "Pack",
    attrs: {
      T: float,
      N: { kind: "int", value: 2 },
      axis: { kind: "int", value: 1 },
    },
    inputs: [floats([2], 1, 2), floats([2], 3, 4)],
    result: floats([2, 2], 1, 3, 2, 4),
  },
  ints: {
    op: "Squeeze",
    attrs: { T: float, squeeze_dims: { kind: "ints", value: [0, -1] } },
    inputs: [floats([1, 1, 2, 1], 5, 6)],
    result: floats([1, 2], 5, 6),
  },
  float: {
    op: "LeakyRelu",
    attrs: { T: float, alpha: { kind: "float", value: 0.25 } },
    inputs: [floats([2], -8, 8)],
    result: floats([2], -2, 8),
  },
  floats: {
    op: "Bucketize",
    attrs: { T: float, boundaries: { kind: "floats", value: [0, 10, 100] } },
    inputs: [floats([4], -1, 5, 50, 500)],
    result: { dtype: "int32", shape: [4], data: Int32Array.of(0, 1, 2, 3) },
  },
  bool: {
    op: "MatMul",
    attrs: { T: float, transpose_b: { kind: "bool", value: true } },
    inputs: [floats([1, 2], 1, 2), floats([1, 2], 3, 4)],
    result: floats([1, 1], 11),
  },
  string: {
    op: "MaxPool",
    attrs: {
      T: float,
      ksize: { kind: "ints", value: [1, 2, 2, 1] },
      strides: { kind: "ints", value: [1, 2, 2, 1] },
      padding: { kind: "string", value: "VALID" },
    },
    inputs: [floats([1, 3, 3, 1], 1, 2, 9, 4, 3, 9, 9, 9, 9)],
    result: floats([1, 1, 1, 1], 4),
  },
  shape: {
    op: "EnsureShape",
    attrs: { T: float, shape: { kind: "shape", value: [2, 1] } },
    inputs: [floats([2, 1], 1, 2)],
    result: floats([2, 1], 1, 2),
  },
  tensor: {
    op: "Const",
    attrs: {
      dtype: float,
      value: { kind: "tensor", value: floats([2, 1], -0, 0.1) },
    },
    inputs: [],
    result: floats([2, 1], -0, 0.1),
  },
};

async function inGraph({ op, attrs, inputs }: Case): Promise<TensorData> {
  const recording = new Recording(engine.api);
  const values = inputs.map((tensor) => recording.constant(tensor));
  const { outputs } = recording.add(op, attrs, values);
  const machine = new Machine(engine.api, engine.config);
  try {
    const executable = machine.load({
      name: "attrs",
      nodes: recording.nodes,
      feeds: new Map(),
      fetches: new Map(outputs.map((value) => ["y", value])),
      effects: [],
    });
    const { y } = await executable.run();
    return y as TensorData;
  } finally {
    machine.close();
    recording.close();
  }
}

function atOnce({ op, attrs, inputs }: Case): TensorData {
  const context = new EagerContext(engine.api, engine.config);
  try {
    const tensors = inputs.map((tensor) => context.upload(tensor));
    const outputs = context.execute(op, attrs, tensors);
    const results = outputs.map((output) => context.download(output));
    for (const tensor of [...tensors, ...outputs]) context.release(tensor);
    assert.equal(results.length, 1);
    return results[0] as TensorData;
  } finally {
    context.close();
  }
}

for (const [kind, example] of Object.entries(CASES)) {
  Deno.test(`an attribute of kind "${kind}" reaches an op of a graph and an op that runs at once`, async () => {
    assert.deepEqual(atOnce(example), example.result);
    assert.deepEqual(await inGraph(example), example.result);
  });
}

Deno.test("an attribute of another kind is refused in both, and the next op works", async () => {
  const wrong: Case = {
    ...CASES.float,
    attrs: { T: float, alpha: { kind: "int", value: 1 } },
  };
  assert.throws(() => atOnce(wrong), /EngineError: Cannot run LeakyRelu: /);
  assert.deepEqual(atOnce(CASES.float), CASES.float.result);
  await assert.rejects(inGraph(wrong), /EngineError: Cannot add LeakyRelu /);
  assert.deepEqual(await inGraph(CASES.float), CASES.float.result);
});

Deno.test("a shape attribute is held to, not only carried", async () => {
  const wrong = { ...CASES.shape, inputs: [floats([1, 2], 1, 2)] };
  assert.throws(() => atOnce(wrong), /Cannot run EnsureShape: /);
  await assert.rejects(inGraph(wrong), /Cannot add EnsureShape/);
});
