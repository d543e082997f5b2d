import assert from "@std/assert";
import { UserError } from "../../lib/errors.ts";
import {
  type Endpoint,
  EngineGraph,
  type InferredType,
  OUTPUT_BYTES,
  outputArray,
} from "../../lib/engine/engine_graph.ts";
import type { Pointer } from "../../lib/engine/ffi.ts";
import { opDef } from "../../lib/engine/op_def.ts";
import type { Attr, Attrs } from "../../lib/ir/program.ts";
import { Recording } from "../../lib/trace/recording.ts";
import { engine } from "../helpers/engine.ts";

const float: Attr = { kind: "type", value: "float32" };

function withGraph(body: (graph: EngineGraph) => void): void {
  const graph = new EngineGraph(engine.api);
  try {
    body(graph);
  } finally {
    graph.close();
  }
}

const add = (
  graph: EngineGraph,
  op: string,
  inputs: Endpoint[],
  attrs: Attrs = { T: float },
): { operation: Pointer; outputs: InferredType[] } => {
  const operation = graph.add({ op, name: op, inputs, attrs });
  return { operation, outputs: graph.outputsOf(operation) };
};

function placeholder(graph: EngineGraph, ...shape: number[]): Endpoint {
  const { operation } = add(graph, "Placeholder", [], {
    dtype: float,
    shape: { kind: "shape", value: shape },
  });
  return { operation, index: 0 };
}

Deno.test("shapes and types are inferred as ops are added", () =>
  withGraph((graph) => {
    const [x, w] = [placeholder(graph, 8, 3), placeholder(graph, 3, 5)];
    const product = add(graph, "MatMul", [x, w]);
    assert.deepEqual(product.outputs, [
      { dtype: "float32", shape: [8, 5], known: true },
    ]);
    const total = add(graph, "L2Loss", [
      { operation: product.operation, index: 0 },
    ]);
    assert.deepEqual(total.outputs, [
      { dtype: "float32", shape: [], known: true },
    ]);
  }));

Deno.test("every output of an op has its own type", () =>
  withGraph((graph) => {
    const { outputs } = add(graph, "Unique", [placeholder(graph, 7)], {
      T: float,
      out_idx: { kind: "type", value: "int64" },
    });
    // How many are unique is not known ahead; for which element, it is.
    assert.deepEqual(outputs, [
      { dtype: "float32", shape: [-1], known: false },
      { dtype: "int64", shape: [7], known: true },
    ]);
  }));

Deno.test("an unknown rank is told from a scalar", () =>
  withGraph((graph) => {
    const { outputs } = add(graph, "Placeholder", [], { dtype: float });
    assert.deepEqual(outputs, [{ dtype: "float32", shape: [], known: false }]);
  }));

Deno.test("a list argument takes the rest of the inputs, or what its length says", () =>
  withGraph((graph) => {
    const inputs = [1, 2, 3].map(() => placeholder(graph, 4));
    const sum = add(graph, "AddN", inputs, {
      T: float,
      N: { kind: "int", value: 3 },
    });
    assert.deepEqual(sum.outputs[0]?.shape, [4]);
    const axis = add(graph, "Const", [], {
      dtype: { kind: "type", value: "int32" },
      value: {
        kind: "tensor",
        value: { dtype: "int32", shape: [], data: Int32Array.of(0) },
      },
    });
    // The axis stands after the list; no length is given.
    const joined = add(
      graph,
      "ConcatV2",
      [...inputs, { operation: axis.operation, index: 0 }],
      { T: float, Tidx: { kind: "type", value: "int32" } },
    );
    assert.deepEqual(joined.outputs[0]?.shape, [12]);
  }));

Deno.test("what TensorFlow refuses is an EngineError with its words", () =>
  withGraph((graph) => {
    const x = placeholder(graph, 8, 3);
    assert.throws(() => add(graph, "MatMul", [x, x]), {
      name: "EngineError",
      message: /^Cannot add MatMul "MatMul": .*Dimensions must be equal.*3.*8/s,
    });
    assert.throws(() => add(graph, "NoSuchOp", []), {
      name: "EngineError",
      message: /^Cannot find the op "NoSuchOp": /,
    });
    assert.throws(() => add(graph, "MatMul", [x]), {
      name: "EngineError",
      message: '"MatMul" lacks input 1',
    });
    // The graph is none the worse.
    assert.deepEqual(add(graph, "Relu", [x]).outputs[0]?.shape, [8, 3]);
  }));

Deno.test("an input too many is refused, as it is by an op that runs at once", () =>
  withGraph((graph) => {
    const x = placeholder(graph, 2);
    assert.throws(() => add(graph, "Relu", [x, x]), { name: "EngineError" });
  }));

Deno.test("names that repeat or that TensorFlow would refuse are mended", () =>
  withGraph((graph) => {
    const attrs: Attrs = { dtype: float };
    const names = [
      "a",
      "a",
      "a_1",
      "a",
      "a_1",
      "_hidden",
      "views/0:é b",
      "/slash",
      "-x",
    ];
    for (const name of names) {
      graph.add({ op: "Placeholder", name, inputs: [], attrs });
    }
  }));

Deno.test("TF_Output is a pointer and an index in 16 bytes", () => {
  const operation = Deno.UnsafePointer.create(0x1234_5678_9abcn);
  const bytes = outputArray([
    { operation, index: 0 },
    { operation, index: 7 },
  ]);
  assert.equal(bytes.length, 2 * OUTPUT_BYTES);
  const view = new DataView(bytes.buffer);
  assert.equal(view.getBigUint64(16, true), 0x1234_5678_9abcn);
  assert.equal(view.getInt32(24, true), 7);
});

Deno.test("op definitions come from the library that runs the ops", () => {
  const concat = opDef(engine.api, "ConcatV2");
  assert.deepEqual(concat.inputs, ["N", null]);
  assert.deepEqual(concat.outputs, [null]);
  assert.deepEqual(Object.fromEntries(concat.attrs), {
    N: "int",
    T: "type",
    Tidx: "type",
  });
  const conv = opDef(engine.api, "Conv2D");
  assert.equal(conv.attrs.get("strides"), "ints");
  assert.equal(conv.attrs.get("padding"), "string");
  assert.equal(opDef(engine.api, "IdentityN").inputs[0], "T");
});

Deno.test("a recording refuses an op without a static shape, and says where", () => {
  const recording = new Recording(engine.api);
  try {
    const x = recording.constant({
      dtype: "float32",
      shape: [3],
      data: Float32Array.of(1, 2, 3),
    });
    assert.throws(
      () =>
        recording.scope("z/linear1", () =>
          recording.execute("Unique", {
            T: float,
            out_idx: { kind: "type", value: "int32" },
          }, [x])),
      (error: unknown) =>
        error instanceof UserError &&
        /^Cannot use Unique in the stage "z" \(at engine_graph_test\.ts:\d+:\d+\): the shape of its result, \[\?\], depends on values\.\n/
          .test(error.message),
    );
    const [y] = recording.execute("Relu", { T: float }, [x]);
    assert.ok(y);
    assert.equal(recording.value(x).data[1], 2);
    assert.throws(
      () => recording.value(y as never),
      /^UserError: Cannot read a value in this step \(at engine_graph_test\.ts:\d+:\d+\): Relu has none yet/,
    );
  } finally {
    recording.close();
  }
});
