import assert from "@std/assert";
import { initializer } from "../../lib/graph/initialize.ts";
import type { Node, Value } from "../../lib/ir/program.ts";
import type { Initializer, Variable } from "../../lib/layers/layer.ts";
import { trace } from "../../lib/trace/execution.ts";
import { compiledRuntime } from "../../lib/compile/runtime.ts";
import { engine } from "../helpers/engine.ts";

const INITIALIZERS: {
  readonly [K in Initializer["kind"]]: Extract<Initializer, { kind: K }>;
} = {
  constant: { kind: "constant", value: 0.25 },
  normal: { kind: "normal", std: 2 },
  uniform: { kind: "uniform", bound: 3 },
  truncated_normal: { kind: "truncated_normal", std: 2 },
  unit_rows: { kind: "unit_rows" },
};

const variable = (init: Initializer): Variable => ({
  path: init.kind,
  shape: [40, 50],
  dtype: "float32",
  init,
  role: "weight",
});

/** Whether nothing that is fed is in a value. */
const isConstant = ({ node }: Value): boolean =>
  node.op !== "Placeholder" && node.inputs.every(isConstant);

for (const init of Object.values(INITIALIZERS)) {
  Deno.test(`To TensorFlow, which would keep it, a first value of kind ${init.kind} is no constant`, () => {
    const program = trace(
      engine.api,
      "initialize",
      initializer([variable(init)], 1, new Map()),
    );
    assert.equal(program.effects.length, 1);
    const [, value] = (program.effects[0] as Node).inputs;
    assert.equal(isConstant(value as Value), false);
  });
}

Deno.test("A constant first value is that constant, of either type", async () => {
  const half = variable(INITIALIZERS.constant);
  const minus: Variable = {
    ...variable({ kind: "constant", value: -7 }),
    path: "whole",
    shape: [],
    dtype: "int32",
  };
  const runtime = compiledRuntime(engine);
  await runtime.load("initialize", initializer([half, minus], 1, new Map()))
    .run({ step: { dtype: "int32", shape: [], data: Int32Array.of(0) } });
  const values = await runtime.load("read", (execution) => ({
    half: execution.read(half),
    minus: execution.read(minus),
  })).run();
  runtime.close();
  assert.deepEqual(values["half"], {
    dtype: "float32",
    shape: [40, 50],
    data: new Float32Array(2000).fill(0.25),
  });
  assert.deepEqual(values["minus"], {
    dtype: "int32",
    shape: [],
    data: Int32Array.of(-7),
  });
});

Deno.test("A truncated normal has its deviation, and nothing far out", async () => {
  const drawn = variable(INITIALIZERS.truncated_normal);
  const runtime = compiledRuntime(engine);
  await runtime.load("initialize", initializer([drawn], 1, new Map()))
    .run({ step: { dtype: "int32", shape: [], data: Int32Array.of(0) } });
  const { values } = await runtime.load("read", (execution) => ({
    values: execution.read(drawn),
  })).run();
  runtime.close();
  const numbers = Array.from(values?.data ?? [], Number);
  const n = numbers.length;
  const mean = numbers.reduce((a, b) => a + b) / n;
  const std = Math.sqrt(
    numbers.reduce((sum, v) => sum + (v - mean) ** 2, 0) / n,
  );
  // Two deviations of the normal that was cut.
  const farthest = 2 * 2 / 0.8796;
  assert.ok(numbers.every((v) => Math.abs(v) <= farthest * 1.0001));
  assert.ok(numbers.some((v) => Math.abs(v) > 0.98 * farthest));
  // Four standard errors each.
  assert.ok(Math.abs(mean) < 4 * 2 / Math.sqrt(n), `${mean}`);
  assert.ok(Math.abs(std / 2 - 1) < 4 / Math.sqrt(2 * n), `${std}`);
});
