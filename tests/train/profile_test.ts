import assert from "@std/assert";
import { stopgrad } from "../end_to_end/cli.ts";
import { chromeTrace, ownerOfNode } from "../../lib/train/profile.ts";

Deno.test("ownerOfNode() finds the stage, and the pass, in a node's name", () => {
  const forward = (part: string) => ({ part, backward: false });
  const backward = (part: string) => ({ part, backward: true });
  const owner = ownerOfNode;
  assert.deepEqual(owner("step/views/view1/Mul_1"), forward("views"));
  assert.deepEqual(owner("step/optimizer/Mul_3"), forward("optimizer"));
  assert.deepEqual(owner("step/y/gradient/ReluGrad"), backward("y"));
  assert.deepEqual(owner("step/gradient/Relu"), forward("gradient"));
  assert.deepEqual(owner("step/Mul_2"), backward(""));
  assert.deepEqual(owner("step/Reshape_22/_0__cf__0"), backward(""));
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
    [[7, 5, 1, "y"], [0, 5, 2, "backward"]],
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
    for (
      const stage of ["key.y", "views", "backward pass, rest", "optimizer"]
    ) {
      assert.match(stdout, new RegExp(`^${stage} +\\d`, "m"), stage);
    }
    const time = String.raw`\d+\.\d\d`;
    const rate = String.raw`[\d.]+ [MGT]FLOP`;
    assert.match(
      stdout,
      new RegExp(
        `^y +\\d+ +${time} +${time} +[\\d.]+ % +${rate} +${rate}$`,
        "m",
      ),
    );
    assert.match(stdout, new RegExp(`images/s, ${rate}/s, [\\d.]+ % of the`));
    assert.match(
      stdout,
      new RegExp(`a 3x3 convolution ${rate}/s .*, a matrix product ${rate}/s`),
    );
    const { traceEvents } = JSON.parse(await Deno.readTextFile(trace));
    assert.ok(traceEvents.length > 500);
  } finally {
    await Deno.remove(trace);
  }
});
