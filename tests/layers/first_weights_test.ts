/** @file First weights: their formulas, and that they are drawn so. */
import assert from "@std/assert";
import * as tf from "@tensorflow/tfjs";
import { compiledRuntime } from "../../lib/compile/runtime.ts";
import { initializer } from "../../lib/graph/initialize.ts";
import { conv } from "../../lib/layers/conv.ts";
import { dense } from "../../lib/layers/dense.ts";
import {
  FIRST_WEIGHTS,
  type FirstWeights,
} from "../../lib/layers/first_weights.ts";
import { ParameterScope, type Variable } from "../../lib/layers/layer.ts";
import { mlp } from "../../lib/stages/modules/mlp.ts";
import { resnet, resnet50 } from "../../lib/stages/modules/resnet.ts";
import { engine } from "../helpers/engine.ts";
import {
  close,
  compute,
  Dice,
  distanceFromUniform,
  numbers,
} from "../helpers/numeric.ts";
import { built, FixedStageRun } from "../helpers/stages.ts";

/** In one of 1000 samples; what is drawn here is always the same. */
const UNUSUAL = 1.95;

/** Variance of weights, by the formulas of the papers and of PyTorch. */
const VARIANCE: Readonly<
  Record<FirstWeights, (fanIn: number, fanOut: number) => number>
> = {
  fan_out: (_, fanOut) => 2 / fanOut,
  fan_in: (fanIn) => 2 / fanIn,
  // Uniform in ± b has a variance of b² / 3.
  torch: (fanIn) => 1 / (3 * fanIn),
};

/** Variables of a convolution and of a linear layer, whose fans all differ. */
function declared(init: FirstWeights): readonly Variable[] {
  const scope = new ParameterScope(`of_${init}`);
  conv(scope.child("conv"), { in: 8, out: 32, kernel: 3, init });
  dense(scope.child("dense"), { in: 40, out: 90, bias: true, init });
  return scope.variables;
}

const NAMES = Object.keys(FIRST_WEIGHTS) as FirstWeights[];

/** First values of all of them, by path. */
const drawn = await (async (): Promise<ReadonlyMap<string, number[]>> => {
  const all = NAMES.flatMap(declared);
  const runtime = compiledRuntime(engine);
  await runtime.load("initialize", initializer(all, 1, new Map()))
    .run({ step: { dtype: "int32", shape: [], data: Int32Array.of(0) } });
  const values = await runtime.load("read", (execution) =>
    Object.fromEntries(
      all.map((one) => [one.path, execution.read(one)]),
    )).run();
  runtime.close();
  return new Map(
    Object.entries(values).map(([path, { data }]) =>
      [path, Array.from(data, Number) as number[]] as const
    ),
  );
})();

const valuesOf = (path: string): readonly number[] =>
  drawn.get(path) ?? assert.fail(path);

for (const init of NAMES) {
  Deno.test(`First weights \`${init}\` have their variance and their distribution`, () => {
    for (
      const [path, fanIn, fanOut] of [
        ["conv/kernel", 9 * 8, 9 * 32],
        ["dense/kernel", 40, 90],
      ] as const
    ) {
      const values = valuesOf(`of_${init}/${path}`);
      const std = Math.sqrt(VARIANCE[init](fanIn, fanOut));
      const n = values.length;
      const mean = values.reduce((a, b) => a + b) / n;
      const square = values.reduce((sum, v) => sum + v ** 2, 0) / n;
      // Four standard errors; a uniform's square varies less than a normal's.
      assert.ok(Math.abs(mean) < 4 * std / Math.sqrt(n), path);
      assert.ok(
        Math.abs(square / std ** 2 - 1) < 4 * Math.sqrt(2 / n),
        `${path}: ${square} for ${std ** 2}`,
      );
      if (init === "torch") {
        const bound = 1 / Math.sqrt(fanIn);
        assert.ok(values.every((v) => Math.abs(v) <= bound), path);
        const shares = values.map((v) => (v / bound + 1) / 2);
        assert.ok(distanceFromUniform(shares) < UNUSUAL, path);
      } else {
        // Of a normal 31.7 % lie beyond one deviation, 0.27 % beyond three.
        const beyond = (k: number): number =>
          values.filter((v) => Math.abs(v) > k * std).length / n;
        assert.ok(Math.abs(beyond(1) - 0.3173) < 4 * Math.sqrt(0.22 / n));
        assert.ok(beyond(3) > 0 && beyond(3) < 0.008, path);
      }
    }
    const bias = valuesOf(`of_${init}/dense/bias`);
    const bound = init === "torch" ? 1 / Math.sqrt(40) : 0;
    assert.ok(bias.every((v) => Math.abs(v) <= bound));
    assert.equal(bias.some((v) => v !== 0), init === "torch");
  });
}

/** First values of a network's kernels, by path. */
function kernels(
  network: typeof resnet,
  options: Readonly<Record<string, unknown>>,
): Readonly<Record<string, unknown>> {
  const scope = new ParameterScope("n");
  built(
    network,
    options,
    { of: [{ is: "image", shape: [16, 16, 3] }] },
    4,
    scope,
  );
  return Object.fromEntries(
    scope.variables.filter(({ path }) => path.endsWith("/kernel"))
      .map(({ path, init }) => [path, init]),
  );
}

Deno.test("The option `init` of networks is that of all their layers, and the defaults are torchvision's and PyTorch's", () => {
  const ranges = (fanIn: number) => ({
    kind: "uniform",
    bound: 1 / Math.sqrt(fanIn),
  });
  const small = { width: 4, blocks: [1, 1] };
  const torch = kernels(resnet, { ...small, init: "torch" });
  assert.deepEqual(torch["n/stem/conv/kernel"], ranges(27));
  assert.deepEqual(torch["n/block2.0/conv1/kernel"], ranges(36));
  assert.deepEqual(torch["n/block2.0/shortcut/conv/kernel"], ranges(4));
  assert.ok(
    Object.values(torch).every((init) =>
      (init as { kind: string }).kind === "uniform"
    ),
  );
  const standard = kernels(resnet, small);
  assert.deepEqual(standard["n/block2.0/conv1/kernel"], {
    kind: "normal",
    std: Math.sqrt(2 / (9 * 8)),
  });
  assert.deepEqual(
    kernels(resnet, {
      ...small,
      norm: "group",
      groups: 2,
      weight_standardisation: true,
    }),
    standard,
  );
  assert.ok("n/block3.5/conv3/kernel" in kernels(resnet50, {}));
  const heads = { hidden: 8, out: 6 };
  assert.deepEqual(kernels(mlp, heads)["n/linear2/kernel"], ranges(8));
  assert.deepEqual(
    kernels(mlp, { ...heads, init: "fan_in" })["n/linear2/kernel"],
    { kind: "normal", std: Math.sqrt(2 / 8) },
  );
});

Deno.test("A padding of 2 in the stem sees the image with a border of zeros, as solo-learn's networks for CIFAR", () => {
  const dice = new Dice(2);
  const features = (
    side: number,
    padding: Readonly<Record<string, number>>,
  ) => {
    const scope = new ParameterScope("n");
    const stage = built(
      resnet,
      { width: 4, blocks: [1], ...padding },
      { of: [{ is: "image", shape: [side, side, 3] }] },
      2,
      scope,
    );
    return (x: tf.Tensor, values: readonly tf.Tensor[]): tf.Tensor => {
      const given = new Map(
        scope.variables.map(({ path }, i) => [path, values[i] as tf.Tensor]),
      );
      const run = new FixedStageRun(given);
      return stage.apply({ of: [x] }, run)["output"]?.[0] ?? assert.fail();
    };
  };
  const scope = new ParameterScope("n");
  built(
    resnet,
    { width: 4, blocks: [1] },
    { of: [{ is: "image", shape: [8, 8, 3] }] },
    2,
    scope,
  );
  const weights = scope.variables.map(({ shape }) =>
    dice.tensor(shape, () => 0.5 + dice.unit())
  );
  const [wide, narrow] = [features(8, { stem_padding: 2 }), features(10, {})];
  const { a, b } = compute(
    [dice.tensor([2, 8, 8, 3]), ...weights],
    (x, ...w) => ({
      a: wide(x, w),
      b: narrow(
        tf.pad(x as tf.Tensor4D, [[0, 0], [1, 1], [1, 1], [0, 0]]),
        w,
      ),
    }),
  );
  close(numbers(a), numbers(b), 1e-4);
});
