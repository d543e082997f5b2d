import assert from "@std/assert";
import { stopgrad } from "../end_to_end/cli.ts";
import { chromeTrace, ownerOf } from "../../lib/train/profile.ts";

Deno.test("ownerOf() finds the stage in a node's name", () => {
  assert.equal(ownerOf("step/y/block1.0/conv1/Conv2D_1"), "y");
  assert.equal(ownerOf("step/optimizer/Mul_3"), "optimizer");
  assert.equal(ownerOf("step/Conv2DBackpropInput_2"), "backward pass");
});

Deno.test("chromeTrace() counts from the first op", () => {
  const timing = { device: "CPU:0", thread: 1, duration: 5 };
  const text = chromeTrace([
    { ...timing, name: "step/y/Relu", op: "Relu", start: 1007 },
    { ...timing, name: "step/Mul", op: "Mul", start: 1000, thread: 2 },
  ]);
  const { traceEvents } = JSON.parse(text);
  assert.deepEqual(
    traceEvents.map((
      { ts, dur, tid, cat }: Record<string, unknown>,
    ) => [ts, dur, tid, cat]),
    [[7, 5, 1, "y"], [0, 5, 2, "backward pass"]],
  );
});

Deno.test("profile names the ops and stages of a step, and its speed", async () => {
  const trace = await Deno.makeTempFile({ suffix: ".json" });
  try {
    const { code, stdout, stderr } = await stopgrad(
      "profile",
      "pipelines/moco.yaml",
      ...["--set", "data.batch=16", "--steps", "3", "--trace", trace],
    );
    assert.equal(code, 0, stderr);
    assert.match(stdout, /Conv2DBackpropFilter +16 +\d+\.\d\d +\d+\.\d %/);
    for (const stage of ["y", "key.y", "views", "backward pass", "optimizer"]) {
      assert.match(stdout, new RegExp(`^${stage} +\\d`, "m"), stage);
    }
    assert.match(stdout, /images\/s, [\d.]+ [MGT]FLOP\/s/);
    const { traceEvents } = JSON.parse(await Deno.readTextFile(trace));
    assert.ok(traceEvents.length > 500);
  } finally {
    await Deno.remove(trace);
  }
});
