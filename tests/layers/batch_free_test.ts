import type * as tf from "@tensorflow/tfjs";
import { cosineDense } from "../../lib/layers/cosine_dense.ts";
import { groupNorm } from "../../lib/layers/group_norm.ts";
import { type Layer, ParameterScope } from "../../lib/layers/layer.ts";
import { standardisedConv } from "../../lib/layers/standardised_conv.ts";
import type { TensorData } from "../../lib/ir/dtype.ts";
import {
  close,
  compute,
  Dice,
  FixedRun,
  float32,
  numbers,
  rows,
} from "../helpers/numeric.ts";

/** Runs a layer on `x` with given variables, in the order of declaration. */
function run(
  build: (scope: ParameterScope) => Layer,
  x: TensorData,
  values: readonly TensorData[],
): TensorData {
  const scope = new ParameterScope("layer");
  const layer = build(scope);
  return compute([x, ...values], (x, ...tensors) => ({
    y: layer(
      x as tf.Tensor,
      new FixedRun(
        new Map(
          scope.variables.map(({ path }, i) =>
            [path, tensors[i] as tf.Tensor] as const
          ),
        ),
      ),
    ),
  })).y;
}

const mean = (values: readonly number[]): number =>
  values.reduce((a, b) => a + b) / values.length;
const variance = (values: readonly number[]): number => {
  const middle = mean(values);
  return mean(values.map((v) => (v - middle) ** 2));
};

Deno.test("Group norm normalises each group of channels of each image by itself", () => {
  const dice = new Dice(1);
  const x = dice.tensor([2, 3, 2, 4], () => 3 + 2 * dice.normal());
  const [scale, offset] = [dice.tensor([4]), dice.tensor([4])];
  const y = run(
    (scope) => groupNorm(scope, { channels: 4, groups: 2, epsilon: 0.1 }),
    x,
    [scale, offset],
  );
  const values = numbers(x);
  const groupOf = (i: number): string =>
    `${Math.floor(i / 24)} ${Math.floor((i % 4) / 2)}`;
  const expected = values.map((value, i) => {
    const own = values.filter((_, k) => groupOf(k) === groupOf(i));
    const normal = (value - mean(own)) / Math.sqrt(variance(own) + 0.1);
    return normal * numbers(scale)[i % 4]! + numbers(offset)[i % 4]!;
  });
  close(numbers(y), expected, 1e-5);
});

Deno.test("A convolution with standardised weights does not see their mean and scale", () => {
  const dice = new Dice(2);
  const x = dice.tensor([1, 4, 4, 2]);
  const kernel = dice.tensor([3, 3, 2, 3]);
  const other = float32(
    kernel.shape,
    numbers(kernel).map((v) => 50 * v + 7),
  );
  const build = (scope: ParameterScope) =>
    standardisedConv(scope, { in: 2, out: 3, kernel: 3 });
  const [a, b] = [kernel, other].map((w) => numbers(run(build, x, [w]))) as [
    number[],
    number[],
  ];
  close(a, b, 1e-4);
});

Deno.test("A convolution with standardised weights keeps the variance of independent pixels", () => {
  const dice = new Dice(3);
  const x = dice.tensor([8, 12, 12, 4]);
  const y = run(
    (scope) =>
      standardisedConv(scope, { in: 4, out: 4, kernel: 3, padding: 0 }),
    x,
    [dice.tensor([3, 3, 4, 4], () => 5 + dice.normal())],
  );
  close([variance(numbers(y))], [1], 0.1);
});

Deno.test("Cosines with learned directions do not see the length of rows or weights", () => {
  const dice = new Dice(4);
  const [x, w] = [dice.tensor([5, 3]), dice.tensor([3, 4])];
  const y = run((scope) => cosineDense(scope, { in: 3, out: 4 }), x, [w]);
  const columns = [0, 1, 2, 3].map((c) => rows(w).map((row) => row[c]!));
  const expected = rows(x).flatMap((row) =>
    columns.map((column) =>
      row.reduce((sum, v, i) => sum + v * column[i]!, 0) /
      Math.hypot(...row) / Math.hypot(...column)
    )
  );
  close(numbers(y), expected, 1e-6);
});
