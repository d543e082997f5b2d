import * as tf from "@tensorflow/tfjs";
import assert from "@std/assert";
import { Machine } from "../../lib/compile/machine.ts";
import type { EngineError } from "../../lib/engine/ffi.ts";
import { type OpTiming, readStepStats } from "../../lib/engine/step_stats.ts";
import { trace } from "../../lib/trace/execution.ts";
import { engine } from "../helpers/engine.ts";

const text = (value: string) => [...new TextEncoder().encode(value)];
const varint = (value: number): number[] =>
  value < 128 ? [value] : [(value & 127) | 128, ...varint(value >> 7)];
const message = (field: number, body: number[]) => [
  (field << 3) | 2,
  ...varint(body.length),
  ...body,
];

Deno.test("timings are read from RunMetadata by device and node", () => {
  const node = [
    ...message(1, text("step/y/MatMul")),
    ...[2 << 3, 100, 3 << 3, 5, 4 << 3, 30],
    ...message(8, text("step/y/MatMul = MatMul(a, b)")),
    ...[10 << 3, 7],
  ];
  const bare = message(1, text("step/Relu"));
  const device = [
    ...message(1, text("/device:CPU:0")),
    ...message(2, node),
    ...message(2, bare),
  ];
  const stats = message(1, message(1, device));
  // A field that is not step_stats is passed over.
  const timings = readStepStats(
    Uint8Array.from([...stats, ...message(3, node)]),
  );
  assert.deepEqual(timings, [{
    name: "step/y/MatMul",
    op: "MatMul",
    device: "/device:CPU:0",
    thread: 7,
    start: 105,
    duration: 25,
  }, {
    name: "step/Relu",
    op: "step/Relu",
    device: "/device:CPU:0",
    thread: 0,
    start: 0,
    duration: 0,
  }]);
});

Deno.test("work of a GPU is counted once, by its streams, under its nodes' names", () => {
  const device = (name: string, node: string) =>
    message(1, [
      ...message(1, text(name)),
      ...message(2, [...message(1, text(node)), ...[4 << 3, 9, 10 << 3, 7]]),
    ]);
  const timings = readStepStats(
    Uint8Array.from(message(1, [
      ...device("/job:localhost/replica:0/task:0/device:GPU:0", "step/y/Relu"),
      ...device("/device:GPU:0/stream:13", "step/y/Relu:Relu"),
      ...device("/device:GPU:0/stream:all", "step/y/Relu:Relu"),
      ...device("/device:GPU:0/stream:14<MemcpyH2D>", "MemcpyH2D"),
      ...device("/device:GPU:0/memcpy", "MemcpyH2D"),
      ...device("/device:GPU:0/sync", "cuStreamSynchronize"),
      ...device("/job:localhost/replica:0/task:0/device:CPU:0", "step/Pack"),
    ])),
  );
  assert.deepEqual(
    timings.map(({ name, op, thread }) => [name, op, thread]),
    [
      ["step/y/Relu", "Relu", 13],
      ["MemcpyH2D", "MemcpyH2D", 14],
      ["step/Pack", "step/Pack", 7],
    ],
  );
});

const square = trace(engine.api, "timed", (execution) => {
  const x = execution.feed("x", [64, 64], "float32") as tf.Tensor2D;
  return {
    y: execution.scope("twice", () => tf.matMul(tf.matMul(x, x), x)),
  };
});
const x = {
  dtype: "float32",
  shape: [64, 64],
  data: new Float32Array(64 * 64).fill(0.01),
} as const;

Deno.test("a run with timings names its ops, with positive durations, on a device", async () => {
  const machine = new Machine(engine.api, engine.config);
  const executable = machine.load(square);
  let timings: OpTiming[] = [];
  const before = (Date.now() - 60_000) * 1000;
  const plain = await executable.run({ x });
  const timed = await executable.run({ x }, (all) => timings = all);
  machine.close();
  assert.deepEqual(timed, plain);
  const products = timings.filter(({ name }) =>
    /^timed\/twice\/BatchMatMulV2(_1)?$/.test(name)
  );
  assert.equal(products.length, 2);
  for (const { op, device, start, duration } of products) {
    // Grappler and oneDNN put kernels of other names in place.
    assert.match(op, /MatMul/);
    assert.match(device, /CPU/);
    assert.ok(start > before, `${start} is no time of today in microseconds`);
    assert.ok(duration > 0, `${duration}`);
  }
});

Deno.test("a run that fails asks for no reading of its timings", async () => {
  const machine = new Machine(engine.api, engine.config);
  const executable = machine.load(square);
  const wrong = { ...x, shape: [32, 128] };
  await assert.rejects(
    executable.run({ x: wrong }, () => assert.fail("timings of a failed run")),
    (error: EngineError) => error.name === "EngineError",
  );
  machine.close();
});
