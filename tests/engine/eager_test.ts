import assert from "@std/assert";
import { EagerContext, type EagerTensor } from "../../lib/engine/eager.ts";
import type { TensorData } from "../../lib/ir/dtype.ts";
import type { Attr, Attrs } from "../../lib/ir/program.ts";
import { engine } from "../helpers/engine.ts";

const float: Attr = { kind: "type", value: "float32" };

function withContext(body: (context: EagerContext) => void): void {
  const context = new EagerContext(engine.api, engine.config);
  try {
    body(context);
  } finally {
    context.close();
  }
}

const scalar = (value: number): TensorData => ({
  dtype: "float32",
  shape: [],
  data: Float32Array.of(value),
});

const TENSORS: readonly TensorData[] = [
  { dtype: "float32", shape: [2, 1], data: Float32Array.of(-0, NaN) },
  { dtype: "float64", shape: [1], data: Float64Array.of(0.1) },
  { dtype: "int32", shape: [3], data: Int32Array.of(-1, 0, 2 ** 31 - 1) },
  { dtype: "uint8", shape: [2], data: Uint8Array.of(0, 255) },
  { dtype: "bool", shape: [2], data: Uint8Array.of(1, 0) },
  { dtype: "int64", shape: [1], data: BigInt64Array.of(-(2n ** 62n)) },
  { dtype: "bfloat16", shape: [2], data: Uint16Array.of(0x3f80, 0xbf80) },
  { dtype: "float32", shape: [0, 4], data: new Float32Array(0) },
  scalar(3),
];

for (const tensor of TENSORS) {
  Deno.test(`a ${tensor.dtype}[${tensor.shape}] tensor goes to the engine and comes back`, () =>
    withContext((context) => {
      const handle = context.upload(tensor);
      assert.deepEqual(context.download(handle), tensor);
      const [same] = context.execute("Identity", {
        T: { kind: "type", value: tensor.dtype },
      }, [handle]) as [EagerTensor];
      assert.deepEqual(same.shape, tensor.shape);
      assert.equal(same.dtype, tensor.dtype);
      assert.deepEqual(context.download(same), tensor);
      context.release(handle);
      context.release(same);
    }));
}

Deno.test("a tensor is taken from its own part of a larger buffer", () =>
  withContext((context) => {
    const data = Float32Array.of(1, 2, 3, 4).subarray(1, 3);
    const handle = context.upload({ dtype: "float32", shape: [2], data });
    assert.deepEqual([...context.download(handle).data], [2, 3]);
    context.release(handle);
  }));

Deno.test("an op's outputs come in order", () =>
  withContext((context) => {
    const x = context.upload({
      dtype: "float32",
      shape: [4],
      data: Float32Array.of(1, 5, 3, 4),
    });
    const k = context.upload({
      dtype: "int32",
      shape: [],
      data: Int32Array.of(2),
    });
    const outputs = context.execute("TopKV2", { T: float }, [x, k]);
    assert.deepEqual(
      outputs.map((output) => [...context.download(output).data]),
      [[5, 4], [1, 3]],
    );
    for (const tensor of [x, k, ...outputs]) context.release(tensor);
  }));

const handleOf = (context: EagerContext, name: string): EagerTensor => {
  const attrs: Attrs = {
    dtype: float,
    shape: { kind: "shape", value: [] },
    shared_name: { kind: "string", value: name },
  };
  return context.execute("VarHandleOp", attrs, [])[0] as EagerTensor;
};

Deno.test("a variable keeps its value between ops, under its name", () =>
  withContext((context) => {
    const dtype = { dtype: float };
    const value = context.upload(scalar(2));
    const outputs = context.execute("AssignVariableOp", dtype, [
      handleOf(context, "a"),
      value,
    ]);
    assert.deepEqual(outputs, []);
    context.execute("AssignAddVariableOp", dtype, [
      handleOf(context, "a"),
      value,
    ]);
    const read = context.execute("ReadVariableOp", dtype, [
      handleOf(context, "a"),
    ]);
    assert.deepEqual(context.download(read[0] as EagerTensor), scalar(4));
    assert.throws(
      () => context.execute("ReadVariableOp", dtype, [handleOf(context, "b")]),
      /EngineError: Cannot run ReadVariableOp: .*\bb\b/s,
    );
  }));

Deno.test("variables of one context are not those of another", () =>
  withContext((one) =>
    withContext((other) => {
      const dtype = { dtype: float };
      one.execute("AssignVariableOp", dtype, [
        handleOf(one, "a"),
        one.upload(scalar(1)),
      ]);
      assert.throws(
        () => other.execute("ReadVariableOp", dtype, [handleOf(other, "a")]),
        { name: "EngineError" },
      );
    })
  ));

Deno.test("what TensorFlow refuses is an EngineError with its words, and the next op works", () =>
  withContext((context) => {
    const two = context.upload({
      dtype: "float32",
      shape: [2],
      data: Float32Array.of(1, 2),
    });
    const three = context.upload({
      dtype: "float32",
      shape: [3],
      data: Float32Array.of(1, 2, 3),
    });
    assert.throws(() => context.execute("AddV2", { T: float }, [two, three]), {
      name: "EngineError",
      message: /^Cannot run AddV2: .*[Ii]ncompatible shapes.*\[2\].*\[3\]/s,
    });
    assert.throws(
      () => context.execute("NoSuchOp", {}, []),
      /EngineError: Cannot make NoSuchOp: .*NoSuchOp/s,
    );
    assert.throws(
      () => context.execute("Relu", { T: float }, [two, three]),
      { name: "EngineError" },
    );
    const [sum] = context.execute("AddV2", { T: float }, [two, two]);
    assert.deepEqual([...context.download(sum as EagerTensor).data], [2, 4]);
  }));

Deno.test("an error does not stay: another context starts after it", () => {
  withContext((context) =>
    assert.throws(() => context.execute("NoSuchOp", {}, []), {
      name: "EngineError",
    })
  );
  withContext((context) => context.release(context.upload(scalar(1))));
});
