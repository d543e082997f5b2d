import assert from "@std/assert";
import type { Tensors } from "../../lib/compile/machine.ts";
import type { TensorData } from "../../lib/ir/dtype.ts";
import { type StepMetrics, TrainingSession } from "../../lib/train/session.ts";
import { engine } from "../helpers/engine.ts";
import { IMAGES, METHOD_NAMES, smallPipeline } from "./methods.ts";

async function start(
  method: string,
  ...set: readonly string[]
): Promise<TrainingSession> {
  const { pipeline, graph } = await smallPipeline(method, ...set);
  return await TrainingSession.start(pipeline, graph, engine, IMAGES);
}

async function steps(
  session: TrainingSession,
  count: number,
): Promise<StepMetrics[]> {
  const metrics: StepMetrics[] = [];
  for (let i = 0; i < count; i++) metrics.push(await session.step());
  return metrics;
}

/** The bytes themselves: a comparison of numbers would take -0 for 0. */
const bytes = (tensors: Tensors): Record<string, string> =>
  Object.fromEntries(
    Object.entries(tensors).map(([path, { dtype, shape, data }]) => [
      path,
      `${dtype}[${shape}] ${
        new Uint8Array(data.buffer, data.byteOffset, data.byteLength).toHex()
      }`,
    ]),
  );

for (const method of METHOD_NAMES) {
  Deno.test(`${method}: what is saved and restored is the same to the bit, and training goes on as if nothing had been`, async () => {
    const through = await start(method);
    await steps(through, 4);
    const saved = await through.save();
    const lent = await through.lend();
    // Into the next epoch, so that the order of images must come back too.
    const expected = await steps(through, 3);
    const last = await through.save();
    // Steps leave alone what is being written meanwhile.
    assert.deepEqual(bytes(lent.values), bytes(saved));
    lent[Symbol.dispose]();
    through.close();

    const resumed = await start(method);
    // Steps of its own, which the restored state must replace.
    await steps(resumed, 1);
    await resumed.restore(saved);
    assert.equal(resumed.done, 4);
    assert.deepEqual(bytes(await resumed.save()), bytes(saved));
    assert.deepEqual(await steps(resumed, 3), expected);
    assert.deepEqual(bytes(await resumed.save()), bytes(last));
    resumed.close();
  });
}

Deno.test("what is saved is every variable by its path, the step among them", async () => {
  const session = await start("moco");
  await steps(session, 2);
  const saved = await session.save();
  await session.close();
  assert.deepEqual([...saved["step"]?.data ?? []], [2]);
  for (
    const path of [
      "y/stem/conv/kernel",
      "y/stem/bn/variance",
      "key.y/stem/conv/kernel",
      "keys/view0",
      "optimizer/momentum/z/linear1/kernel",
    ]
  ) {
    assert.ok(path in saved, path);
  }
  for (const [path, { data }] of Object.entries(saved)) {
    for (const value of data) assert.ok(Number.isFinite(Number(value)), path);
  }
});

Deno.test("after two steps and a check every variable has changed, and a queue has moved by two batches", async () => {
  const session = await start("moco");
  const before = await session.save();
  await steps(session, 2);
  await session.check();
  const after = await session.save();
  await session.close();
  const [old, now] = [bytes(before), bytes(after)];
  const same = Object.keys(old).filter((path) => old[path] === now[path]);
  assert.deepEqual(same, []);
  const rows = (state: Tensors, from: number, to: number) => {
    const { shape: [, width = 0], data } = state["keys/view0"] as TensorData;
    return [...data.subarray(from * width, to * width)];
  };
  // Batches of 8 go in front of 24 rows; the oldest fall off the end.
  assert.deepEqual(rows(after, 16, 24), rows(before, 0, 8));
  assert.notDeepEqual(rows(after, 0, 8), rows(after, 8, 16));
});

Deno.test("the same seed twice gives the same losses, another seed others", async () => {
  const runs = [];
  for (const seed of [7, 7, 8]) {
    const session = await start("simsiam", `seed=${seed}`);
    runs.push(await steps(session, 3));
    await session.close();
  }
  assert.deepEqual(runs[1], runs[0]);
  for (let i = 0; i < 3; i++) {
    assert.notEqual(runs[2]?.[i]?.["loss"], runs[0]?.[i]?.["loss"]);
  }
});

Deno.test("a value of another shape is not restored", async () => {
  const session = await start("simsiam");
  const saved = await session.save();
  const path = "z/linear1/kernel";
  const { shape } = saved[path] as TensorData;
  const wrong: TensorData = {
    dtype: "float32",
    shape: [...shape].reverse(),
    data: new Float32Array((saved[path] as TensorData).data.length),
  };
  try {
    await assert.rejects(
      session.restore({ ...saved, [path]: wrong }),
      (error: Error) => {
        assert.equal(error.name, "UserError");
        assert.ok(error.message.includes(`"${path}"`), error.message);
        return true;
      },
    );
  } finally {
    await session.close();
  }
});

Deno.test("variables of two sessions do not meet, though their paths are the same", async () => {
  const [one, two] = [await start("simsiam"), await start("simsiam")];
  await steps(one, 1);
  const [a, b] = [await one.save(), await two.save()];
  await one.close();
  two.close();
  assert.deepEqual([...a["step"]?.data ?? []], [1]);
  assert.deepEqual([...b["step"]?.data ?? []], [0]);
  assert.notEqual(
    bytes(a)["y/stem/conv/kernel"],
    bytes(b)["y/stem/conv/kernel"],
  );
});

Deno.test("checks go on after a resume as if nothing had been", async () => {
  const through = await start("byol");
  await steps(through, 2);
  await through.check();
  const saved = await through.save();
  await steps(through, 2);
  const expected = [await through.check(), await through.spectrum()];
  through.close();

  const resumed = await start("byol");
  await steps(resumed, 1);
  await resumed.check();
  await resumed.restore(saved);
  await steps(resumed, 2);
  assert.deepEqual([await resumed.check(), await resumed.spectrum()], expected);
  resumed.close();
});

Deno.test("monitors do not change the training, to the bit", async () => {
  const states: Record<string, string>[] = [];
  const losses: unknown[] = [];
  for (const monitor of ["stop", "off"]) {
    const session = await start("byol", `monitor=${monitor}`);
    const metrics = await steps(session, 2);
    if (monitor === "stop") await session.check();
    metrics.push(...await steps(session, 2));
    losses.push(metrics.map(({ loss }) => loss));
    states.push(bytes(await session.save()));
    await session.close();
  }
  assert.deepEqual(losses[0], losses[1]);
  const [watched = {}, alone = {}] = states;
  const own = Object.keys(watched).filter((path) => !(path in alone));
  assert.deepEqual(own.sort(), [
    "monitor/covariance",
    "monitor/mean",
    "monitor/weight",
  ]);
  for (const path of own) delete watched[path];
  assert.deepEqual(watched, alone);
});

Deno.test("a run that was not watched can go on watched", async () => {
  const alone = await start("simsiam", "monitor=off");
  await steps(alone, 1);
  const saved = await alone.save();
  await alone.close();
  const watched = await start("simsiam");
  await watched.restore(saved);
  await steps(watched, 1);
  const { correlation_rank: rank } = await watched.check();
  assert.ok(rank !== undefined && rank >= 1, `${rank}`);
  await watched.close();
});
