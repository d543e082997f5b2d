import assert from "@std/assert";
import type * as tf from "@tensorflow/tfjs";
import type { TensorData } from "../../lib/ir/dtype.ts";
import { enqueue } from "../../lib/stages/state/queue.ts";
import {
  close,
  compute,
  Dice,
  float32,
  numbers,
  rows,
} from "../helpers/numeric.ts";
import { tinyPipeline, withSession } from "../evaluate/tiny.ts";

type Values = Record<string, TensorData>;

const twins = (momentum: string): string =>
  `  p: { predict: mlp, of: y, hidden: 4, out: 5 }
  twin: { ema: y, of: views, momentum: ${momentum} }
  loss: { loss: mse, between: [p, twin] }`;

/** Variables after each of so many steps, the first values first. */
async function history(
  stages: string,
  steps: number,
  train = "",
): Promise<Values[]> {
  const saved: Values[] = [];
  await withSession(tinyPipeline(stages, train), async (session) => {
    saved.push(await session.save());
    for (let i = 0; i < steps; i++) {
      await session.step();
      saved.push(await session.save());
    }
  });
  return saved;
}

const ofTwin = (values: Values): string[] =>
  Object.keys(values).filter((path) => path.startsWith("twin/"));
const online = (path: string): string => path.replace("twin/", "y/");
const at = (values: Values | undefined, path: string): number[] =>
  numbers(values?.[path] ?? assert.fail(`no ${path}`));
const isStatistic = (path: string): boolean => /(mean|variance)$/.test(path);

Deno.test("EMA twins start as copies of their sources", async () => {
  const [first] = await history(twins("0.9"), 0) as [Values];
  assert.ok(ofTwin(first).length >= 10);
  for (const path of ofTwin(first)) {
    assert.deepEqual(at(first, path), at(first, online(path)), path);
  }
});

Deno.test("EMA twins keep the momentum's share of their weights and take the rest of the trained ones", async () => {
  const saved = await history(twins("0.75"), 3);
  const weights = ofTwin(saved[0]!).filter((path) => !isStatistic(path));
  for (let i = 1; i < saved.length; i++) {
    for (const path of weights) {
      const expected = at(saved[i - 1], path).map((old, k) =>
        0.75 * old + 0.25 * at(saved[i], online(path))[k]!
      );
      close(at(saved[i], path), expected, 1e-6, path);
      // Else a twin that is its source would pass. (Batch norm after it
      // leaves the offset of the last norm without a gradient.)
      if (!path.endsWith("kernel")) continue;
      const far = at(saved[i], path).some((v, k) =>
        Math.abs(v - at(saved[i], online(path))[k]!) > 1e-5
      );
      assert.ok(far, `${path} is its source`);
    }
  }
});

Deno.test("EMA twins mix their batch-norm statistics in the same way", async () => {
  const mixed = await history(twins("0.75"), 1);
  // With momentum 1 nothing of the source comes in: what the twin's own
  // forward makes of its statistics.
  const own = await history(twins("1"), 1);
  const statistics = ofTwin(mixed[0]!).filter(isStatistic);
  assert.equal(statistics.length, 4);
  for (const path of statistics) {
    assert.notDeepEqual(at(own[1], path), at(own[0], path), path);
    const expected = at(own[1], path).map((old, k) =>
      0.75 * old + 0.25 * at(mixed[1], online(path))[k]!
    );
    close(at(mixed[1], path), expected, 1e-6, path);
  }
});

Deno.test("With an EMA momentum of 0 the twin is its source, statistics included; with 1 its weights stay", async () => {
  const copy = await history(twins("0"), 2);
  const still = await history(twins("1"), 2);
  for (const path of ofTwin(copy[0]!)) {
    close(at(copy[2], path), at(copy[2], online(path)), 1e-7, path);
    if (!isStatistic(path)) {
      assert.deepEqual(at(still[2], path), at(still[0], path), path);
    }
  }
});

Deno.test("The EMA momentum of the run follows its cosine from step to step", async () => {
  const stages = twins("0").replace(", momentum: 0", "");
  const saved = await history(stages, 3, ", ema: { from: 0.5, to: 1 }");
  const path = "twin/linear1/kernel";
  for (let i = 1; i < saved.length; i++) {
    // Four steps in all; step i is counted from 0.
    const tau = 1 - 0.5 * (Math.cos(Math.PI * (i - 1) / 4) + 1) / 2;
    const expected = at(saved[i - 1], path).map((old, k) =>
      tau * old + (1 - tau) * at(saved[i], online(path))[k]!
    );
    close(at(saved[i], path), expected, 1e-6, `step ${i}`);
  }
});

// Queues.

const length = (row: readonly number[]): number =>
  Math.sqrt(row.reduce((sum, v) => sum + v * v, 0));

function pushed(
  queue: TensorData,
  ...batches: readonly TensorData[]
): number[][] {
  const { all } = compute([queue, ...batches], (queue, ...batches) => ({
    all: batches.reduce(
      (value, batch) => enqueue(value as tf.Tensor2D, batch as tf.Tensor2D),
      queue!,
    ),
  }));
  assert.deepEqual(all.shape, queue.shape);
  return rows(all);
}

const unit = (row: readonly number[]): number[] =>
  row.map((v) => v / length(row));

for (
  const [size, batch, pushes] of [[6, 2, 2], [7, 3, 4], [4, 4, 2], [
    3,
    5,
    2,
  ]] as const
) {
  Deno.test(`A queue of ${size} with batches of ${batch} holds the newest rows, the newest batch first`, () => {
    const dice = new Dice(size);
    const start = float32(
      [size, 3],
      rows(dice.tensor([size, 3])).flatMap(unit),
    );
    const batches = Array.from(
      { length: pushes },
      () => dice.tensor([batch, 3]),
    );
    const expected = [
      ...batches.toReversed().flatMap((one) => rows(one).map(unit)),
      ...rows(start),
    ].slice(0, size);
    const actual = pushed(start, ...batches);
    close(actual.flat(), expected.flat(), 1e-6);
    for (const row of actual) close([length(row)], [1], 1e-6, "length");
  });
}

const MOCO = `  key: { ema: y, of: views, momentum: 0.9 }
  keys: { queue: key, size: 10 }
  loss: { loss: info_nce, between: [y, key], negatives: keys }`;

Deno.test("The queues of a run, one a view, start with rows of length 1 and push the oldest batch out", async () => {
  const saved = await history(MOCO, 4);
  const queues = (i: number): number[][][] =>
    [0, 1].map((view) => rows(saved[i]![`keys/view${view}`]!));
  assert.notDeepEqual(queues(0)[0], queues(0)[1]);
  for (let i = 0; i < saved.length; i++) {
    for (const [view, queue] of queues(i).entries()) {
      assert.equal(queue.length, 10);
      for (const row of queue) close([length(row)], [1], 1e-5, "length");
      if (i === 0) continue;
      const before = queues(i - 1)[view]!;
      // Batches of 4: 6 rows of the 10 stay, whole batches or not.
      assert.deepEqual(queue.slice(4), before.slice(0, 6), `step ${i}`);
      assert.notDeepEqual(queue.slice(0, 4), before.slice(0, 4));
    }
  }
});

Deno.test("The queue that a step starts with is what it compares with", async () => {
  await withSession(tinyPipeline(MOCO), async (session) => {
    const before = await session.save();
    const first = await session.step();
    await session.restore(before);
    const again = await session.step();
    assert.equal(first["loss"], again["loss"]);
    const other = { ...before };
    for (const view of [0, 1]) {
      const path = `keys/view${view}`;
      const queue = before[path]!;
      other[path] = float32(queue.shape, numbers(queue).map((v) => -v));
    }
    await session.restore(other);
    assert.notEqual((await session.step())["loss"], first["loss"]);
  });
});
