import assert from "@std/assert";
import { gpuPresent } from "../../lib/engine/gpu.ts";
import { openEngine, openInstalled } from "../../lib/engine/open.ts";
import { engine } from "../helpers/engine.ts";

Deno.test("the engine is opened once, with the device and threads that are asked for", async () => {
  assert.equal(engine.device, "cpu");
  assert.equal(engine.config.gpu, false);
  const { intraThreads, interThreads } = engine.config;
  assert.ok(intraThreads * interThreads <= navigator.hardwareConcurrency);
  assert.match(engine.api.version, /^2\.\d+\.\d+/);
  const again = await openEngine({ device: "cpu", threads: 1 });
  assert.equal(again.api, engine.api);
  assert.equal(again.threads, 1);
  assert.equal(again.config.intraThreads, 1);
  assert.equal(again.config.interThreads, 1);
  const four = await openEngine({ device: "cpu", threads: 4 });
  assert.equal(four.config.intraThreads, 2);
  assert.equal(four.config.interThreads, 2);
});

Deno.test({
  name: "TensorFlow is asked for oneDNN on every x86-64 CPU",
  ignore: Deno.build.os !== "linux" || Deno.build.arch !== "x86_64",
  fn() {
    assert.ok(engine.api.version);
    assert.match(Deno.env.get("TF_ENABLE_ONEDNN_OPTS") ?? "", /^[01]$/);
  },
});

Deno.test("XLA is refused on a CPU, with the reason", async () => {
  await assert.rejects(
    openEngine({ device: "cpu", xla: true }),
    /^UserError: Cannot use --xla on a CPU: .* half as fast\.\nLeave --xla out\.$/,
  );
});

Deno.test("a GPU where there is none is refused before anything is fetched", {
  ignore: gpuPresent(),
}, async () => {
  await assert.rejects(
    openEngine({ device: "gpu" }),
    /^UserError: Cannot use a GPU: .*\n.*--device cpu\.$/,
  );
});

Deno.test("what is installed is opened beforehand, and what is wrong is left to say to the opening itself", async () => {
  const early = await openInstalled({ device: "cpu", threads: 1 });
  assert.equal(early?.api, engine.api);
  assert.equal(early?.threads, 1);
  assert.equal(await openInstalled({ device: "cpu", xla: true }), undefined);
});

// libtensorflow aborts the process when it is loaded a second time, so
// nothing may unload it; each file of `deno test` is a worker, too.
Deno.test("a worker may open the engine after another one ended", async () => {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "-A",
      "--no-check",
      new URL("workers.ts", import.meta.url).pathname,
    ],
    env: { NO_COLOR: "1" },
    stdin: "null",
  }).output();
  const text = new TextDecoder();
  assert.equal(code, 0, text.decode(stderr));
  assert.equal(text.decode(stdout).trim(), "36 36");
});
