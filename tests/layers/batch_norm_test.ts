import assert from "@std/assert";
import * as tf from "@tensorflow/tfjs";
import { batchNorm } from "../../lib/layers/batch_norm.ts";
import { type Layer, ParameterScope } from "../../lib/layers/layer.ts";
import type { TensorData } from "../../lib/ir/dtype.ts";
import { FLOAT32 } from "../../lib/ir/rounding.ts";
import { batchNormTraining } from "../../lib/ops/batch_norm.ts";
import { trace } from "../../lib/trace/execution.ts";
import { engine } from "../helpers/engine.ts";
import {
  close,
  compute,
  Dice,
  FixedRun,
  float32,
  numbers,
} from "../helpers/numeric.ts";

const CHANNELS = 3;
const SCALE = [2, 0.5, 1];
const OFFSET = [0.1, -1, 3];
const MEAN = [0.3, -0.2, 5];
const VARIANCE = [4, 0.25, 1];

interface Options {
  readonly momentum?: number;
  readonly epsilon?: number;
}

/** Runs one batch-norm layer over batches in a row. */
function run(
  training: boolean,
  batches: readonly TensorData[],
  options: Options = {},
): { outputs: number[][]; mean: number[]; variance: number[] } {
  const scope = new ParameterScope("bn");
  const layer: Layer = batchNorm(scope, { channels: CHANNELS, ...options });
  const start = [SCALE, OFFSET, MEAN, VARIANCE].map((values) =>
    float32([CHANNELS], values)
  );
  const results = compute([...start, ...batches], (...tensors) => {
    const values = new Map(
      ["scale", "offset", "mean", "variance"].map((name, i) =>
        [`bn/${name}`, tensors[i] as tf.Tensor] as const
      ),
    );
    const state = new FixedRun(values, training);
    const outputs = tensors.slice(4).map((x) => layer(x, state));
    return {
      ...Object.fromEntries(outputs.map((y, i) => [`${i}`, y])),
      mean: state.read({ path: "bn/mean" } as never),
      variance: state.read({ path: "bn/variance" } as never),
    } as Record<string, tf.Tensor>;
  });
  return {
    outputs: batches.map((_, i) => numbers(results[`${i}`] as TensorData)),
    mean: numbers(results["mean"] as TensorData),
    variance: numbers(results["variance"] as TensorData),
  };
}

const channel = (values: readonly number[], c: number): number[] =>
  values.filter((_, i) => i % CHANNELS === c);
const average = (values: readonly number[]): number =>
  values.reduce((a, b) => a + b) / values.length;
const unbiased = (values: readonly number[]): number => {
  const mean = average(values);
  return values.reduce((a, b) => a + (b - mean) ** 2, 0) / (values.length - 1);
};

for (const shape of [[4, 3, 2, CHANNELS], [7, CHANNELS]]) {
  const kind = shape.length === 4 ? "images" : "features";

  Deno.test(`Batch norm of ${kind} moves the running statistics by its momentum, with the unbiased variance`, () => {
    const batch = new Dice(1).tensor(shape);
    const { outputs, mean, variance } = run(true, [batch], { momentum: 0.25 });
    for (let c = 0; c < CHANNELS; c++) {
      const own = channel(numbers(batch), c);
      const n = own.length;
      close(
        [mean[c]!, variance[c]!],
        [
          0.75 * MEAN[c]! + 0.25 * average(own),
          0.75 * VARIANCE[c]! + 0.25 * unbiased(own),
        ],
        1e-5,
      );
      const biased = unbiased(own) * (n - 1) / n;
      close(
        channel(outputs[0]!, c),
        own.map((v) =>
          SCALE[c]! * (v - average(own)) / Math.sqrt(biased + 1e-5) + OFFSET[c]!
        ),
        1e-5,
      );
    }
  });
}

Deno.test("Batch norm moves its statistics by a tenth, by default, once a batch", () => {
  const dice = new Dice(2);
  const batches = [dice.tensor([6, CHANNELS]), dice.tensor([6, CHANNELS])];
  const { mean } = run(true, batches);
  const expected = MEAN.map((start, c) =>
    batches.reduce(
      (old, batch) => 0.9 * old + 0.1 * average(channel(numbers(batch), c)),
      start,
    )
  );
  close(mean, expected, 1e-5);
});

Deno.test("Evaluation normalises by the running statistics and leaves them", () => {
  const batch = new Dice(3).tensor([5, 2, 2, CHANNELS]);
  const { outputs, mean, variance } = run(false, [batch], { epsilon: 0.5 });
  const expected = numbers(batch).map((v, i) => {
    const c = i % CHANNELS;
    return SCALE[c]! * (v - MEAN[c]!) / Math.sqrt(VARIANCE[c]! + 0.5) +
      OFFSET[c]!;
  });
  close(outputs[0]!, expected, 2e-5);
  close(mean, float32([3], MEAN).data as Float32Array, 0);
  close(variance, float32([3], VARIANCE).data as Float32Array, 0);
});

Deno.test("Evaluation sees each image alone", () => {
  const [a, b] = [new Dice(4), new Dice(5)].map((dice) =>
    dice.tensor([1, 2, 2, CHANNELS])
  ) as [TensorData, TensorData];
  const both = float32([2, 2, 2, CHANNELS], [...numbers(a), ...numbers(b)]);
  const apart = run(false, [a, b]).outputs.flat();
  assert.deepEqual(run(false, [both]).outputs[0], apart);
});

Deno.test("Batch norm declares norms that do not decay, and buffers that are not trained", () => {
  const scope = new ParameterScope("bn");
  batchNorm(scope, { channels: 2, scale: 0 });
  assert.deepEqual(
    scope.variables.map(({ path, role, init }) => [path, role, init]),
    [
      ["bn/scale", "norm", { kind: "constant", value: 0 }],
      ["bn/offset", "norm", { kind: "constant", value: 0 }],
      ["bn/mean", "buffer", { kind: "constant", value: 0 }],
      ["bn/variance", "buffer", { kind: "constant", value: 1 }],
    ],
  );
  const plain = new ParameterScope("bn");
  batchNorm(plain, { channels: 2, affine: false });
  assert.deepEqual(plain.variables.map(({ path }) => path), [
    "bn/mean",
    "bn/variance",
  ]);
});

for (const [device, index] of [["cpu", 3], ["gpu", 5]] as const) {
  Deno.test(`What cuDNN's gradient reads besides is kept for a GPU alone: ${device}`, () => {
    const { nodes } = trace(engine.api, "norm", (execution) => {
      const x = execution.feed("x", [2, 2, 2, CHANNELS], "float32");
      const one = tf.ones([CHANNELS]) as tf.Tensor1D;
      const dx = tf.grad((x) =>
        batchNormTraining(x as tf.Tensor4D, one, one, 1e-5).y
      )(x);
      return { dx };
    }, { device, ...FLOAT32 });
    const gradient = nodes.find(({ op }) => op === "FusedBatchNormGradV3");
    assert.equal(gradient?.inputs[5]?.node.op, "FusedBatchNormV3");
    assert.equal(gradient?.inputs[5]?.index, index);
  });
}
