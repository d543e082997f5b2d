import assert from "@std/assert";
import * as tf from "@tensorflow/tfjs";
import type { TensorData } from "../../lib/ir/dtype.ts";
import { nearestRows } from "../../lib/ops/nearest_rows.ts";
import {
  checkGradients,
  compute,
  Dice,
  float32,
  numbers,
  rows,
} from "../helpers/numeric.ts";
import { tinyPipeline, withSession } from "../evaluate/tiny.ts";

const dot = (a: readonly number[], b: readonly number[]): number =>
  a.reduce((sum, v, i) => sum + v * b[i]!, 0);
const unit = (a: readonly number[]): number[] =>
  a.map((v) => v / Math.sqrt(dot(a, a)));
const cosine = (a: readonly number[], b: readonly number[]): number =>
  dot(unit(a), unit(b));

function inputs(seed: number, features = 5, size = 13): TensorData[] {
  const dice = new Dice(seed);
  // Lengths differ by a lot: the longest row must not win for its length.
  const x = float32(
    [7, features],
    rows(dice.tensor([7, features])).flatMap((row, i) =>
      row.map((v) => v * 10 ** (i - 3))
    ),
  );
  const drawn = dice.tensor([size, features]);
  return [x, float32(drawn.shape, rows(drawn).flatMap(unit))];
}

const found = (given: readonly TensorData[]): number[][] =>
  rows(
    compute(given, (x, bank) => ({
      y: nearestRows(x as tf.Tensor2D, bank as tf.Tensor2D),
    })).y,
  );

for (const [features, size] of [[5, 13], [3, 1], [1, 4], [16, 100]] as const) {
  Deno.test(`The nearest of ${size} rows of ${features} is the one with the largest cosine similarity`, () => {
    for (const seed of [1, 2, 3]) {
      const given = inputs(seed, features, size);
      const [x, bank] = given.map(rows) as [number[][], number[][]];
      const expected = x.map((row) =>
        bank.reduce((best, one) =>
          cosine(row, one) > cosine(row, best) ? one : best
        )
      );
      assert.deepEqual(found(given), expected);
    }
  });
}

Deno.test("Of rows that are equally near, the first is the nearest", () => {
  const bank = [[0, 1], [1, 0], [1, 0], [0, 1]];
  const given = [float32([2, 2], [5, 0, 3, 3]), float32([4, 2], bank.flat())];
  assert.deepEqual(found(given), [[1, 0], [0, 1]]);
});

Deno.test("No gradient flows through the search: the neighbour is a constant", () => {
  const [, bank] = inputs(4) as [TensorData, TensorData];
  // Rows of one length, so that no difference steps over to another neighbour.
  const x = float32([7, 5], rows(new Dice(5).tensor([7, 5])).flatMap(unit));
  const product = (x: tf.Tensor): tf.Tensor => {
    const rows = tf.tensor2d(numbers(bank), [13, 5]);
    return tf.mul(x, nearestRows(x as tf.Tensor2D, rows));
  };
  checkGradients([x], (x) => product(x!), { steps: [1e-2, 1e-3] });
  const { gradient } = compute([x], (x) => ({
    gradient: tf.grad((x: tf.Tensor) => product(x))(x!),
  }));
  assert.deepEqual(rows(gradient), found([x, bank]));
});

// In a pipeline.

const NEAREST = (of: string, bank: string): string =>
  `  p: { predict: mlp, of: y, hidden: 4, out: 5 }
  bank: { queue: ${bank}, size: 10 }
  nn: { nearest: ${of}, in: bank }
  loss: { loss: batch_info_nce, between: [nn, p] }`;

Deno.test("A nearest stage searches the queue that the step starts with", async () => {
  await withSession(tinyPipeline(NEAREST("y", "'y[0]'")), async (session) => {
    const before = await session.save();
    assert.deepEqual(
      Object.keys(before).filter((path) => path.startsWith("bank/")),
      ["bank/view0"],
    );
    const first = await session.step();
    // All rows alike: whatever is looked for, the same is found.
    const queue = before["bank/view0"]!;
    const row = unit([1, 2, 3, 4, 5]);
    const one = float32(queue.shape, Array(10).fill(row).flat());
    await session.restore({ ...before, "bank/view0": one });
    const same = await session.step();
    assert.notEqual(same["loss"], first["loss"]);
    // In another order, the same is found.
    const turned = float32(queue.shape, rows(queue).toReversed().flat());
    await session.restore({ ...before, "bank/view0": turned });
    assert.equal((await session.step())["loss"], first["loss"]);
  });
});

Deno.test("Each view is looked for in the queue of its own view, where there is one for each", async () => {
  const change = async (stages: string, view: number): Promise<boolean> => {
    let changed = false;
    await withSession(tinyPipeline(stages), async (session) => {
      const before = await session.save();
      const first = await session.step();
      const path = `bank/view${view}`;
      const flat = numbers(before[path]!).map((v) => -v);
      const other = float32(before[path]!.shape, flat);
      await session.restore({ ...before, [path]: other });
      changed = (await session.step())["loss"] !== first["loss"];
    });
    return changed;
  };
  assert.deepEqual(
    [
      await change(NEAREST("y", "y"), 0),
      await change(NEAREST("y", "y"), 1),
      await change(NEAREST("'y[1]'", "y"), 0),
      await change(NEAREST("'y[1]'", "y"), 1),
    ],
    [true, true, false, true],
  );
});
