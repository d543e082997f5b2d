import assert from "@std/assert";
import type { Api } from "../../lib/engine/ffi.ts";
import type { Engine } from "../../lib/engine/open.ts";
import { TrainingSession } from "../../lib/train/session.ts";
import { IMAGES, METHOD_NAMES, smallPipeline } from "../graph/methods.ts";
import { engine } from "../helpers/engine.ts";

/** The engine, counting the calls of each function of the C API. */
function counted(): { engine: Engine; calls: Map<string, number> } {
  const calls = new Map<string, number>();
  const c = Object.fromEntries(
    Object.entries(engine.api.c).map(([name, call]) => [
      name,
      (...args: never[]) => {
        calls.set(name, (calls.get(name) ?? 0) + 1);
        return (call as (...args: never[]) => unknown)(...args);
      },
    ]),
  ) as unknown as Api["c"];
  return { engine: { ...engine, api: { ...engine.api, c } }, calls };
}

/** What a step may call besides `TF_SessionRun`: tensors in and out. */
const TENSORS = /^TF_(GetCode|(Allocate|Delete)?Tensor.*|NumDims|Dim)$/;

for (const method of METHOD_NAMES) {
  Deno.test(`${method}: a training step is one TF_SessionRun and no other work`, async () => {
    const { pipeline, graph } = await smallPipeline(method);
    const { engine, calls } = counted();
    const session = await TrainingSession.start(
      pipeline,
      graph,
      engine,
      IMAGES,
    );
    assert.ok((calls.get("TF_NewOperation") ?? 0) > 500);
    for (let i = 0; i < 2; i++) {
      calls.clear();
      await session.step();
      assert.equal(calls.get("TF_SessionRun"), 1);
      const others = [...calls.keys()].filter((name) =>
        name !== "TF_SessionRun" && !TENSORS.test(name)
      );
      assert.deepEqual(others, []);
      // The scalars and the places of the batch: no image is copied again.
      const inputs = 2;
      assert.equal(calls.get("TF_AllocateTensor"), inputs);
    }
    await session.close();
  });
}
