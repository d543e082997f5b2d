/** @file Gradients that are ours in the place of tfjs's, and those that stages lean on. */
import assert from "@std/assert";
import * as tf from "@tensorflow/tfjs";
import { trace } from "../../lib/trace/execution.ts";
import { engine } from "../helpers/engine.ts";
import {
  checkGradients,
  close,
  compute,
  Dice,
  float32,
  numbers,
} from "../helpers/numeric.ts";

const TILES: readonly (readonly [readonly number[], readonly number[]])[] = [
  [[3], [2]],
  [[2, 3], [3, 1]],
  [[1, 3], [4, 2]],
  [[2, 1, 3], [1, 5, 2]],
  [[2, 1, 1, 2, 2], [3, 2, 1, 1, 2]],
  [[2, 2], [1, 1]],
];

for (const [shape, reps] of TILES) {
  Deno.test(`The gradient of tile from [${shape}] by [${reps}] agrees with differences`, () => {
    checkGradients(
      [new Dice(1).tensor(shape)],
      (x) => tf.tile(x as tf.Tensor, [...reps]),
    );
  });
}

Deno.test("The gradient of broadcastTo agrees with differences", () => {
  checkGradients(
    [new Dice(2).tensor([3, 1])],
    (x) => tf.broadcastTo(x as tf.Tensor2D, [2, 3, 4]),
  );
});

Deno.test("The gradient of broadcastTo is one sum, however many copies there are", () => {
  const program = trace(engine.api, "copies", (execution) => {
    const x = execution.feed("x", [1, 1, 8], "float32");
    const copies = (x: tf.Tensor): tf.Tensor =>
      tf.square(tf.broadcastTo(x as tf.Tensor3D, [64, 65, 8]));
    return { dx: tf.grad(copies)(x) };
  });
  assert.ok(program.nodes.length < 30, `${program.nodes.length} nodes`);
  assert.equal(program.nodes.filter(({ op }) => op === "Sum").length, 1);
});

const PRODUCTS: readonly {
  readonly a: readonly number[];
  readonly b: readonly number[];
  readonly transpose?: readonly [boolean, boolean];
}[] = [
  { a: [2, 3, 4], b: [4, 5] },
  { a: [2, 3, 4], b: [5, 4], transpose: [false, true] },
  { a: [2, 4, 3], b: [4, 5], transpose: [true, false] },
  { a: [2, 4, 3], b: [5, 4], transpose: [true, true] },
  { a: [3, 4], b: [2, 4, 5] },
  { a: [2, 1, 3, 4], b: [6, 4, 5] },
  { a: [2, 3, 4], b: [2, 4, 5] },
  { a: [3, 4], b: [5, 4], transpose: [false, true] },
];

for (const { a, b, transpose: [ta, tb] = [false, false] } of PRODUCTS) {
  Deno.test(
    `The gradients of the product of [${a}]${ta ? "^T" : ""} and [${b}]${
      tb ? "^T" : ""
    } agree with differences`,
    () => {
      const dice = new Dice(3);
      checkGradients(
        [dice.tensor(a), dice.tensor(b)],
        (a, b) => tf.matMul(a as tf.Tensor, b as tf.Tensor, ta, tb),
      );
    },
  );
}

for (const axis of [0, 1, 2, -1]) {
  for (const [exclusive, reverse] of [[false, false], [true, true]] as const) {
    Deno.test(`The gradient of cumsum over axis ${axis}${exclusive ? ", exclusive, in reverse" : ""} agrees with differences`, () => {
      checkGradients(
        [new Dice(4).tensor([2, 3, 4])],
        (x) => tf.cumsum(x as tf.Tensor, axis, exclusive, reverse),
      );
    });
  }
}

const GATHERS: readonly {
  readonly x: readonly number[];
  readonly indices: readonly number[];
  readonly axis: number;
  readonly batchDims: number;
}[] = [
  { x: [4, 3], indices: [5], axis: 0, batchDims: 0 },
  { x: [2, 4, 3], indices: [2, 2], axis: 1, batchDims: 0 },
  { x: [2, 3, 4], indices: [3], axis: 2, batchDims: 0 },
  { x: [2, 4, 3], indices: [2, 6], axis: 1, batchDims: 1 },
  { x: [2, 3, 4, 2], indices: [2, 5], axis: 2, batchDims: 1 },
  { x: [2, 3, 4, 2], indices: [2, 3, 2, 2], axis: 2, batchDims: 2 },
];

for (const { x, indices, axis, batchDims } of GATHERS) {
  Deno.test(`The gradient of gather of [${x}] by computed [${indices}], axis ${axis}, batchDims ${batchDims}, agrees with differences`, () => {
    const dice = new Dice(5);
    const length = x.at(axis) as number;
    const picks = dice.tensor(indices, () => dice.below(length));
    checkGradients([dice.tensor(x)], (x) =>
      tf.gather(
        x as tf.Tensor,
        tf.cast(
          tf.add(tf.tensor(numbers(picks), [...indices]), tf.zeros([1])),
          "int32",
        ),
        axis,
        batchDims,
      ));
  });
}

Deno.test("Rows can be gathered by indices that are computed from what is trained", () => {
  const x = float32([2, 3], [1, 5, 2, 9, 7, 8]);
  const { dx } = compute([x], (x) => ({
    dx: tf.grad((x) => tf.gather(x, tf.argMax(x, 1), 1, 1))(
      x as tf.Tensor,
      tf.ones([2]),
    ),
  }));
  assert.deepEqual(numbers(dx), [0, 1, 0, 1, 0, 0]);
});

Deno.test("The gradient of topk goes to the largest values", () => {
  checkGradients(
    [float32([2, 4], [1, 4, 2, 3, 8, 5, 6, 7])],
    (x) => tf.topk(x as tf.Tensor, 2).values,
  );
  const x = float32([2, 2, 3], [1, 3, 2, 6, 5, 4, 7, 8, 9, 1, 0, 2]);
  const { dx } = compute([x], (x) => ({
    dx: tf.grad((x) => tf.topk(x, 1).values)(x as tf.Tensor),
  }));
  assert.deepEqual(numbers(dx), [0, 1, 0, 1, 0, 0, 0, 0, 1, 0, 0, 1]);
});

Deno.test("A choice by a comparison of trained values has the gradient of the chosen side", () => {
  const x = float32([4], [-2, -1, 1, 2]);
  const { dx } = compute([x], (x) => ({
    dx: tf.grad((x) => tf.where(tf.less(x, 0), tf.mul(x, 3), tf.square(x)))(
      x as tf.Tensor,
    ),
  }));
  assert.deepEqual(numbers(dx), [3, 3, 2, 4]);
});

/** What the networks and losses of papers are written with. */
const COMMON: Readonly<Record<string, (x: tf.Tensor) => tf.Tensor>> = {
  "softmax": (x) => tf.softmax(x),
  "logSoftmax": (x) => tf.logSoftmax(x),
  "logSumExp": (x) => tf.logSumExp(x, 1),
  "layer norm": (x) => {
    const { mean, variance } = tf.moments(x, -1, true);
    return tf.div(tf.sub(x, mean), tf.sqrt(tf.add(variance, 1e-5)));
  },
  "GELU": (x) =>
    tf.mul(tf.mul(x, 0.5), tf.add(tf.erf(tf.div(x, Math.SQRT2)), 1)),
  "SiLU": (x) => tf.mul(x, tf.sigmoid(x)),
  "softplus": (x) => tf.softplus(x),
  "elu": (x) => tf.elu(x),
  "leakyRelu": (x) => tf.leakyRelu(x, 0.2),
  "tanh": (x) => tf.tanh(x),
  "norm": (x) => tf.norm(x, 2, 1),
  "max": (x) => tf.max(x, 1),
  "prod": (x) => tf.prod(x, 1),
  "pow": (x) => tf.pow(tf.add(tf.abs(x), 1), 1.5),
  "div, broadcast": (x) => tf.div(x, tf.add(tf.sum(tf.square(x), 0), 1)),
  "maximum": (x) => tf.maximum(x, 0.1),
  "minimum": (x) => tf.minimum(x, tf.reverse(x, 1)),
  "clipByValue": (x) => tf.clipByValue(x, -0.7, 0.9),
  "transpose": (x) => tf.transpose(tf.reshape(x, [2, 2, 6]), [1, 2, 0]),
  "concat and split": (x) =>
    tf.concat([...tf.split(x, [2, 4], 1), x].reverse(), 1),
  "stack and unstack": (x) => tf.stack(tf.unstack(x, 1).slice(1), 0),
  "slice": (x) => tf.slice(x, [1, 2], [2, 3]),
  "pad": (x) => tf.pad(x, [[1, 0], [2, 1]]),
  "mirrorPad": (x) => tf.mirrorPad(x, [[1, 0], [2, 1]], "reflect"),
  "mirrorPad, symmetric": (x) => tf.mirrorPad(x, [[1, 2], [0, 3]], "symmetric"),
  "floorDiv": (x) => tf.mul(x, tf.floorDiv(x, 0.7)),
  "maximum, broadcast": (x) => tf.maximum(x, tf.mean(x, 1, true)),
  "mod": (x) => tf.mod(x, 0.6),
  "atan2": (x) => tf.atan2(x, tf.add(tf.reverse(x, 1), 4)),
  "squaredDifference": (x) => tf.squaredDifference(x, tf.sum(x, 0)),
  "avgPool": (x) =>
    tf.avgPool(tf.reshape(x, [1, 4, 6, 1]) as tf.Tensor4D, 2, 2, "valid"),
  "maxPool": (x) =>
    tf.maxPool(tf.reshape(x, [1, 4, 6, 1]) as tf.Tensor4D, 2, 2, "valid"),
  "resizeBilinear": (x) =>
    tf.image.resizeBilinear(tf.reshape(x, [1, 4, 6, 1]) as tf.Tensor4D, [7, 5]),
  "resizeBilinear, half pixels": (x) =>
    tf.image.resizeBilinear(
      tf.reshape(x, [1, 4, 6, 1]) as tf.Tensor4D,
      [7, 5],
      false,
      true,
    ),
  "resizeNearestNeighbor, half pixels": (x) =>
    tf.image.resizeNearestNeighbor(
      tf.reshape(x, [1, 4, 6, 1]) as tf.Tensor4D,
      [6, 4],
      false,
      true,
    ),
  "resizeNearestNeighbor": (x) =>
    tf.image.resizeNearestNeighbor(tf.reshape(x, [1, 4, 6, 1]) as tf.Tensor4D, [
      8,
      12,
    ]),
  "depthwiseConv2d": (x) =>
    tf.depthwiseConv2d(
      tf.reshape(x, [1, 4, 3, 2]) as tf.Tensor4D,
      tf.reshape(tf.slice(x, [0, 0], [3, 6]), [3, 3, 2, 1]) as tf.Tensor4D,
      1,
      "same",
    ),
  "conv2dTranspose": (x) =>
    tf.conv2dTranspose(
      tf.reshape(x, [1, 4, 3, 2]) as tf.Tensor4D,
      tf.reshape(tf.slice(x, [0, 0], [4, 6]), [2, 2, 3, 2]) as tf.Tensor4D,
      [1, 8, 6, 3],
      2,
      "same",
    ),
  "unsortedSegmentSum": (x) =>
    tf.unsortedSegmentSum(x, tf.tensor1d([1, 0, 1, 2], "int32"), 3),
};

for (const [name, f] of Object.entries(COMMON)) {
  Deno.test(`The gradient of tfjs's ${name} agrees with differences`, () => {
    // Apart from one another and from 0, so that no small step crosses a kink.
    const order = [5, 1, 12, 7, 3, 10, 8, 2, 11, 6, 9, 4];
    const values = [...order, ...order.map((k) => -k - 0.5)]
      .map((k) => k * 0.17);
    checkGradients([float32([4, 6], values)], (x) => f(x as tf.Tensor), {
      steps: [1e-2, 3e-3, 1e-3],
      tolerance: 1e-2,
    });
  });
}

Deno.test("Values that gather takes are those at the indices", () => {
  const x = float32([3, 2], [1, 2, 3, 4, 5, 6]);
  const { y } = compute([x], (x) => ({
    y: tf.gather(x as tf.Tensor, tf.cast(tf.sub(2, tf.range(0, 3)), "int32")),
  }));
  close(numbers(y), [5, 6, 3, 4, 1, 2], 0);
});
