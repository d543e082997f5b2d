import assert from "@std/assert";
import * as tf from "@tensorflow/tfjs";
import { argsort } from "../../lib/ops/argsort.ts";
import { gatherTokens } from "../../lib/ops/gather_tokens.ts";
import { StatelessRandom } from "../../lib/ops/random.ts";
import {
  checkGradients,
  compute,
  Dice,
  float32,
  numbers,
  rows,
} from "../helpers/numeric.ts";

Deno.test("gatherTokens takes the tokens of each sample by its own numbers", () => {
  const tokens = float32([2, 3, 2], [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
  const { y } = compute([tokens], (x) => ({
    y: gatherTokens(
      x as tf.Tensor3D,
      tf.tensor2d([[2, 0], [1, 1]], [2, 2], "int32"),
    ),
  }));
  assert.deepEqual(y.shape, [2, 2, 2]);
  assert.deepEqual(numbers(y), [4, 5, 0, 1, 8, 9, 8, 9]);
});

Deno.test("The gradient of gatherTokens agrees with differences, tokens taken twice too", () => {
  checkGradients([new Dice(1).tensor([2, 4, 3])], (x) =>
    gatherTokens(
      x as tf.Tensor3D,
      tf.tensor2d([[3, 0, 3], [1, 2, 0]], [2, 3], "int32"),
    ));
});

Deno.test("argsort gives the order of each row, of equal values the first one first", () => {
  const x = float32([2, 4], [3, -1, 3, 0, 0, 0, -2, 5]);
  const { floats, wholes } = compute([x], (x) => ({
    floats: argsort(x as tf.Tensor),
    wholes: argsort(tf.cast(x as tf.Tensor, "int32")),
  }));
  assert.equal(floats.dtype, "int32");
  assert.deepEqual(numbers(floats), [1, 3, 0, 2, 2, 0, 1, 3]);
  assert.deepEqual(numbers(wholes), numbers(floats));
});

Deno.test("Tokens that were permuted at random come back by the inverse permutation", () => {
  const tokens = new Dice(2).tensor([3, 7, 2]);
  const { order, back } = compute([tokens], (x) => {
    const random = new StatelessRandom(1, "mask", tf.scalar(0, "int32"));
    const order = argsort(random.uniform([3, 7])) as tf.Tensor2D;
    const permuted = gatherTokens(x as tf.Tensor3D, order);
    return { order, back: gatherTokens(permuted, argsort(order)) };
  });
  for (const row of rows(order)) {
    assert.deepEqual(row.toSorted(), [0, 1, 2, 3, 4, 5, 6]);
  }
  assert.deepEqual(numbers(back), numbers(tokens));
});
