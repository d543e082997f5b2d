import assert from "@std/assert";
import * as tf from "@tensorflow/tfjs";
import { crossEntropy } from "../../lib/ops/cross_entropy.ts";
import { l2Normalize } from "../../lib/ops/normalize.ts";
import { relu } from "../../lib/ops/relu.ts";
import {
  batchNormInference,
  batchNormTraining,
} from "../../lib/ops/batch_norm.ts";
import {
  checkGradients,
  close,
  compute,
  Dice,
  float32,
  numbers,
  rows,
} from "../helpers/numeric.ts";

Deno.test("The gradient of ReLU agrees with differences", () => {
  const dice = new Dice(1);
  // No value is so near to 0 that a step crosses it.
  const x = dice.tensor([4, 5], () => {
    const sign = dice.unit() < 0.5 ? -1 : 1;
    return sign * (0.5 + dice.unit());
  });
  checkGradients([x], (x) => relu(x as tf.Tensor));
});

Deno.test("ReLU and its gradient are 0 at 0", () => {
  const { y, dx } = compute(
    [float32([4], [-2, 0, 0, 3]), float32([4], [1, 1, -1, 5])],
    (x, dy) => ({
      y: relu(x as tf.Tensor),
      dx: tf.grad((x) => relu(x))(x as tf.Tensor, dy as tf.Tensor),
    }),
  );
  assert.deepEqual(numbers(y), [0, 0, 0, 3]);
  close(numbers(dx), [0, 0, 0, 5], 0, "gradient");
});

Deno.test("The gradient of l2Normalize agrees with differences", () => {
  checkGradients(
    [new Dice(2).tensor([5, 7])],
    (x) => l2Normalize(x as tf.Tensor2D),
  );
});

Deno.test("l2Normalize gives rows of length 1, and leaves a row of zeros", () => {
  const x = float32([3, 2], [3, 4, 0, 0, -1e-5, 0]);
  const { y } = compute([x], (x) => ({ y: l2Normalize(x as tf.Tensor2D) }));
  close(numbers(y), [0.6, 0.8, 0, 0, -1, 0], 1e-6);
});

Deno.test("l2Normalize divides by epsilon where a row is shorter", () => {
  const x = float32([1, 2], [0.003, 0.004]);
  const { y } = compute([x], (x) => ({
    y: l2Normalize(x as tf.Tensor2D, 0.1),
  }));
  close(numbers(y), [0.03, 0.04], 1e-7);
});

Deno.test("The gradient of cross-entropy agrees with differences", () => {
  const dice = new Dice(3);
  const labels = { dtype: "int32", shape: [6] } as const;
  const data = Int32Array.from({ length: 6 }, () => dice.below(4));
  checkGradients([dice.tensor([6, 4])], (logits) =>
    crossEntropy(
      logits as tf.Tensor2D,
      tf.tensor1d([...data], labels.dtype),
    ));
});

Deno.test("Cross-entropy is the mean of -log softmax at the label", () => {
  const dice = new Dice(4);
  const logits = dice.tensor([5, 3], () => 10 * dice.normal());
  const labels = [0, 2, 1, 1, 0];
  const { loss } = compute([logits], (x) => ({
    loss: crossEntropy(x as tf.Tensor2D, tf.tensor1d(labels, "int32")),
  }));
  const terms = rows(logits).map((row, i) => {
    const sum = row.reduce((s, v) => s + Math.exp(v), 0);
    return Math.log(sum) - row[labels[i]!]!;
  });
  const mean = terms.reduce((a, b) => a + b) / terms.length;
  close(numbers(loss), [mean], 1e-5 * mean);
});

Deno.test("The gradients of batch norm in training agree with differences", () => {
  const dice = new Dice(5);
  const x = dice.tensor([4, 3, 2, 3], () => 2 + 3 * dice.normal());
  const scale = dice.tensor([3], () => 1 + 0.3 * dice.normal());
  const offset = dice.tensor([3]);
  checkGradients(
    [x, scale, offset],
    (x, scale, offset) =>
      batchNormTraining(
        x as tf.Tensor4D,
        scale as tf.Tensor1D,
        offset as tf.Tensor1D,
        1e-5,
      ).y,
  );
});

Deno.test("Batch norm normalises by the biased variance and reports the unbiased one", () => {
  const dice = new Dice(6);
  const x = dice.tensor([3, 2, 2, 2], () => 1 + 2 * dice.normal());
  const { y, mean, variance } = compute([x], (x) => {
    const ones = tf.ones([2]) as tf.Tensor1D;
    const zeros = tf.zeros([2]) as tf.Tensor1D;
    return { ...batchNormTraining(x as tf.Tensor4D, ones, zeros, 0.5) };
  });
  const values = numbers(x);
  const n = values.length / 2;
  for (const channel of [0, 1]) {
    const own = values.filter((_, i) => i % 2 === channel);
    const m = own.reduce((a, b) => a + b) / n;
    const sum = own.reduce((a, b) => a + (b - m) ** 2, 0);
    close([numbers(mean)[channel]!], [m], 1e-5, "mean");
    close([numbers(variance)[channel]!], [sum / (n - 1)], 1e-4, "variance");
    close(
      numbers(y).filter((_, i) => i % 2 === channel),
      own.map((v) => (v - m) / Math.sqrt(sum / n + 0.5)),
      1e-5,
      "y",
    );
  }
});

Deno.test("Batch norm in inference normalises by what it is given", () => {
  const x = float32([1, 1, 2, 2], [1, 2, 3, 4]);
  const { y } = compute([x], (x) => ({
    y: batchNormInference(
      x as tf.Tensor4D,
      tf.tensor1d([2, 3]),
      tf.tensor1d([0.5, -1]),
      tf.tensor1d([1, 0]),
      tf.tensor1d([3, 8]),
      1,
    ),
  }));
  close(numbers(y), [0.5, 1, 2.5, 3], 1e-5);
});

Deno.test("The gradients of batch norm in inference agree with differences", () => {
  const dice = new Dice(7);
  checkGradients(
    [
      dice.tensor([4, 3, 2, 3], () => 2 + 3 * dice.normal()),
      dice.tensor([3], () => 1 + 0.3 * dice.normal()),
      dice.tensor([3]),
    ],
    (x, scale, offset) =>
      batchNormInference(
        x as tf.Tensor4D,
        scale as tf.Tensor1D,
        offset as tf.Tensor1D,
        tf.tensor1d([1, 2, 3]),
        tf.tensor1d([2, 9, 4]),
        1e-5,
      ),
  );
});
