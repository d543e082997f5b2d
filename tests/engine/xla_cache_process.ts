/** @file Computes something with XLA's programs kept in a folder. */
import * as tf from "@tensorflow/tfjs";
import { compiledRuntime } from "../../lib/compile/runtime.ts";
import { openEngine } from "../../lib/engine/open.ts";
import { XlaCache } from "../../lib/engine/xla_cache.ts";

const cache = XlaCache.open(Deno.args[0] ?? "");
const runtime = compiledRuntime(await openEngine({ device: "cpu" }));
const program = runtime.load("sums", (execution) => {
  let value = execution.read({ path: "x", shape: [64], dtype: "float32" });
  for (let i = 0; i < 6; i++) value = tf.tanh(tf.add(tf.mul(value, 3), i));
  return { sum: tf.sum(value) };
});
await runtime.load("fill", (execution) => {
  execution.assign(
    { path: "x", shape: [64], dtype: "float32" },
    tf.fill([64], 0.1),
  );
  return {};
}).run();
for (let i = 0; i < 3; i++) console.log((await program.run())["sum"]?.data[0]);
runtime.close();
cache?.keep();
