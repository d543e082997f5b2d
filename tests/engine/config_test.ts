import assert from "@std/assert";
import { configProto, type SessionConfig } from "../../lib/engine/config.ts";
import { EngineGraph } from "../../lib/engine/engine_graph.ts";
import { fields } from "../../lib/engine/protobuf.ts";
import { Session } from "../../lib/engine/session.ts";
import { engine } from "../helpers/engine.ts";

const BASE: SessionConfig = { intraThreads: 3, interThreads: 2, gpu: true };

type Decoded = Record<number, number | Uint8Array>;

/** Values of a message by field number; none of ours repeats. */
function decode(bytes: unknown): Decoded {
  const message: Decoded = {};
  for (const { number, value } of fields(bytes as Uint8Array)) {
    assert.ok(!(number in message), `field ${number} twice`);
    message[number] = value;
  }
  return message;
}

Deno.test("a configuration is the ConfigProto that its fields say", () => {
  const message = decode(configProto(BASE));
  assert.equal(message[2], 3, "intra_op_parallelism_threads");
  assert.equal(message[5], 2, "inter_op_parallelism_threads");
  assert.equal(message[7], 1, "allow_soft_placement");
  assert.deepEqual(decode(message[6]), { 4: 1 }, "gpu_options.allow_growth");
  assert.ok(!(1 in message), "device_count");
  const rewrites = decode(decode(message[10])[10]);
  assert.deepEqual(rewrites, { 3: 2, 4: 1, 7: 2, 12: 1 }, "rewrite_options");
});

Deno.test("a session has threads of its own where that is asked for", () => {
  assert.ok(!(9 in decode(configProto(BASE))));
  const own = decode(configProto({ ...BASE, ownThreads: true }));
  assert.equal(own[9], 1, "use_per_session_threads");
});

Deno.test("thread counts that need two bytes are whole", () => {
  const message = decode(
    configProto({ ...BASE, intraThreads: 300, interThreads: 128 }),
  );
  assert.equal(message[2], 300);
  assert.equal(message[5], 128);
});

Deno.test("without a GPU the device count says 0 for it", () => {
  const entry = decode(decode(configProto({ ...BASE, gpu: false }))[1]);
  assert.equal(new TextDecoder().decode(entry[1] as Uint8Array), "GPU");
  assert.equal(entry[2], 0);
});

Deno.test("XLA sets global_jit_level to ON_1", () => {
  const graphOptions = decode(decode(configProto({ ...BASE, xla: true }))[10]);
  const optimizerOptions = decode(graphOptions[3]);
  assert.deepEqual(optimizerOptions, { 5: 1 });
});

Deno.test("TensorFlow takes the configuration, and no GPU is listed", () => {
  const graph = new EngineGraph(engine.api);
  const session = new Session(graph, { ...BASE, gpu: false });
  const devices = session.devices();
  session.close();
  graph.close();
  assert.ok(devices.length > 0);
  for (const name of devices) assert.match(name, /CPU:\d+$/);
});

Deno.test("replicas on a CPU are as many devices of it", () => {
  const graph = new EngineGraph(engine.api);
  const config = { ...BASE, gpu: false, replicas: 3 };
  const session = new Session(graph, config);
  const devices = session.devices();
  session.close();
  graph.close();
  assert.deepEqual(
    devices.map((name) => /CPU:\d+$/.exec(name)?.[0]).sort(),
    ["CPU:0", "CPU:1", "CPU:2"],
  );
});
