import * as tf from "@tensorflow/tfjs";
import assert from "@std/assert";
import { type Executable, Machine } from "../../lib/compile/machine.ts";
import {
  type Endpoint,
  EngineGraph,
  type OperationSpec,
} from "../../lib/engine/engine_graph.ts";
import { collectGarbage } from "../../lib/engine/resident.ts";
import { type PreparedCall, Session } from "../../lib/engine/session.ts";
import type { TensorData } from "../../lib/ir/dtype.ts";
import type { Attrs } from "../../lib/ir/program.ts";
import { trace, type Traceable } from "../../lib/trace/execution.ts";
import { engine } from "../helpers/engine.ts";

const COUNT = { path: "count", shape: [2], dtype: "float32" } as const;

const floats = (...data: number[]): TensorData => ({
  dtype: "float32",
  shape: [data.length],
  data: Float32Array.from(data),
});

async function withMachine(
  body: (
    load: (body: Traceable) => Executable,
  ) => Promise<void>,
): Promise<void> {
  const machine = new Machine(engine.api, engine.config);
  try {
    await body((traceable) =>
      machine.load(trace(engine.api, "program", traceable))
    );
  } finally {
    machine.close();
  }
}

const set: Traceable = (execution) => {
  execution.assign(COUNT, execution.feed("x", [2], "float32"));
  return {};
};
/** Returns what was there before. */
const increase: Traceable = (execution) => {
  const before = execution.read(COUNT);
  execution.assign(COUNT, tf.add(before, 1));
  return { before };
};

Deno.test("variables live between calls and are shared by the programs of a machine", () =>
  withMachine(async (load) => {
    await load(set).run({ x: floats(1, 5) });
    const step = load(increase);
    assert.deepEqual((await step.run())["before"], floats(1, 5));
    assert.deepEqual((await step.run())["before"], floats(2, 6));
    assert.deepEqual((await load(increase).run())["before"], floats(3, 7));
  }));

Deno.test("a variable without a value is an EngineError that names it", () =>
  withMachine(async (load) => {
    const step = load(increase);
    await assert.rejects(
      step.run(),
      (error: Error) => {
        assert.equal(error.name, "EngineError");
        assert.match(error.message, /^The engine could not run: .*count/s);
        return true;
      },
    );
    // The session goes on after an error.
    await load(set).run({ x: floats(0, 0) });
    assert.deepEqual((await step.run())["before"], floats(0, 0));
  }));

Deno.test("an input that an op cannot take is an EngineError with TensorFlow's words", () =>
  withMachine(async (load) => {
    const sum = load((execution) => ({
      y: execution.feed("x", [2], "float32").add([1, 2]),
    }));
    await assert.rejects(sum.run({ x: floats(1, 2, 3) }), {
      name: "EngineError",
      message: /^The engine could not run: .*[Ii]ncompatible shapes.*\[3\]/s,
    });
    assert.deepEqual(await sum.run({ x: floats(1, 2) }), { y: floats(2, 4) });
  }));

Deno.test("a feed that is missing is named", () =>
  withMachine(async (load) => {
    await assert.rejects(load(set).run({ y: floats(1, 2) }), {
      message: 'internal: "x" was not fed',
    });
  }));

Deno.test("two calls at once both get their own results", () =>
  withMachine(async (load) => {
    const square = load((execution) => ({
      y: execution.feed("x", [2], "float32").square(),
    }));
    const results = await Promise.all(
      [1, 2, 3, 4].map((i) => square.run({ x: floats(i, 10 * i) })),
    );
    assert.deepEqual(
      results.map(({ y }) => [...y?.data ?? []]),
      [[1, 100], [4, 400], [9, 900], [16, 1600]],
    );
  }));

Deno.test("a run leaves the event loop free", () =>
  withMachine(async (load) => {
    const slow = load((execution) => {
      let x = execution.feed("x", [256, 256], "float32") as tf.Tensor2D;
      for (let i = 0; i < 40; i++) x = tf.matMul(x, x);
      return { y: x };
    });
    const x = {
      dtype: "float32",
      shape: [256, 256],
      data: new Float32Array(256 * 256),
    } as const;
    let turns = 0;
    let done = false;
    const run = slow.run({ x }).then(() => done = true);
    while (!done) {
      turns++;
      await new Promise((resolve) => setTimeout(resolve, 0));
    }
    await run;
    assert.ok(turns > 1, "the call blocked the event loop");
  }));

Deno.test("compiling a program does not run it", () =>
  withMachine(async (load) => {
    await load(set).run({ x: floats(1, 5) });
    const other = load(set);
    await other.compile();
    const step = load(increase);
    // Fed nothing: it is left to its first run.
    await step.compile();
    assert.deepEqual((await step.run())["before"], floats(1, 5));
    await other.run({ x: floats(7, 8) });
    assert.deepEqual((await step.run())["before"], floats(7, 8));
  }));

Deno.test("what is wrong with a program is said by its run, not as it is compiled", () =>
  withMachine(async (load) => {
    const sum = load((execution) => ({
      y: execution.read(COUNT).add(execution.feed("x", [2], "float32")),
    }));
    await sum.compile();
    await assert.rejects(sum.run({ x: floats(1, 2) }), {
      name: "EngineError",
      message: /count/,
    });
  }));

/** A session with one op that reads a placeholder of two floats. */
async function withOp(
  op: string,
  attrs: Attrs,
  body: (session: Session, call: PreparedCall) => Promise<void>,
): Promise<void> {
  const graph = new EngineGraph(engine.api);
  const add = (spec: Omit<OperationSpec, "name">): Endpoint => ({
    operation: graph.add({ ...spec, name: spec.op }),
    index: 0,
  });
  const type = { kind: "type", value: "float32" } as const;
  const fed = add({
    op: "Placeholder",
    inputs: [],
    attrs: { dtype: type, shape: { kind: "shape", value: [2] } },
  });
  const fetched = add({ op, inputs: [fed], attrs: { T: type, ...attrs } });
  const session = new Session(graph, engine.config);
  const call = { feeds: [fed], fetches: [fetched], targets: [] };
  await body(session, session.prepare(call));
  session.close();
  graph.close();
}

const WHOLE: TensorData = {
  dtype: "int32",
  shape: [2],
  data: Int32Array.of(1, 2),
};

Deno.test("TensorFlow refuses a tensor of another type than an op is fed", () =>
  withOp("Neg", {}, async (session, call) => {
    await assert.rejects(
      session.run(call, [WHOLE]),
      /Expects arg\[0\] to be float but int32 is provided/,
    );
  }));

Deno.test("TensorFlow compiles a call before it looks at what it is fed", () =>
  // It has none of these for processors, which shows as it is compiled.
  withOp("NcclAllReduce", {
    reduction: { kind: "string", value: "min" },
    num_devices: { kind: "int", value: 1 },
    shared_name: { kind: "string", value: "" },
  }, async (session, call) => {
    await assert.rejects(
      session.run(call, [WHOLE]),
      /No OpKernel was registered/,
    );
  }));

Deno.test("a loaded program's nodes are freed while it can be run", async () => {
  const machine = new Machine(engine.api, engine.config);
  const loaded = () => {
    const program = trace(engine.api, "program", set);
    return { ...machine.load(program), program: new WeakRef(program) };
  };
  const { program, run } = loaded();
  // Until a job ends, what its weak references point to stays.
  await new Promise((resolve) => setTimeout(resolve));
  collectGarbage();
  assert.equal(program.deref(), undefined);
  assert.deepEqual(await run({ x: floats(1, 2) }), {});
  machine.close();
});
