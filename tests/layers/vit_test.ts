import assert from "@std/assert";
import * as tf from "@tensorflow/tfjs";
import { sizeOf, type TensorData } from "../../lib/ir/dtype.ts";
import { ParameterScope, type Run } from "../../lib/layers/layer.ts";
import { POSITIONS } from "../../lib/layers/position.ts";
import { residualBranch } from "../../lib/layers/residual_branch.ts";
import { OUTPUT, ShapeError } from "../../lib/stages/define.ts";
import { vitBase, vitSmall, vitTiny } from "../../lib/stages/modules/vit.ts";
import { vit, type VitOptions } from "../../lib/stages/modules/vit_body.ts";
import {
  close,
  compute,
  Dice,
  FixedRun,
  float32,
  numbers,
  Scripted,
} from "../helpers/numeric.ts";
import { built } from "../helpers/stages.ts";

const OPTIONS: VitOptions = {
  patch: 2,
  width: 8,
  depth: 1,
  heads: 2,
  mlp_ratio: 2,
  qkv_bias: true,
  position: "learned",
  pool: "class",
  drop_path: 0,
};

/** Every way to tell tokens their place. */
const HOW = Object.keys(POSITIONS) as (keyof typeof POSITIONS)[];

/** Values of all variables of a scope, and tensors of them in a run. */
function drawn(scope: ParameterScope): {
  readonly values: TensorData[];
  run(tensors: readonly tf.Tensor[], training?: boolean): Run;
} {
  const dice = new Dice(1);
  return {
    values: scope.variables.map(({ shape }) =>
      dice.tensor(shape, () => 0.3 * dice.normal())
    ),
    run: (tensors, training) =>
      new FixedRun(
        new Map(scope.variables.map(({ path }, i) =>
          [path, tensors[i] as tf.Tensor] as const
        )),
        training,
      ),
  };
}

for (
  const [definition, published] of [
    // Parameters in timm, with a head for 1,000 classes (0.20, patch 16, 224).
    [vitTiny, 5_717_416],
    [vitSmall, 22_050_664],
    // torchvision's vit_b_16 has as many.
    [vitBase, 86_567_656],
  ] as const
) {
  Deno.test(`${definition.name} has as many parameters as published, but for the head`, () => {
    const scope = new ParameterScope("y");
    const of = [{ is: "image", shape: [224, 224, 3] } as const];
    const { outputs } = built(definition, {}, { of }, 1, scope);
    const [width = 0] = outputs[OUTPUT]?.[0]?.shape ?? [];
    const own = scope.variables.reduce(
      (sum, { shape }) => sum + sizeOf(shape),
      0,
    );
    assert.equal(own, published - 1000 * (width + 1));
  });
}

Deno.test("Variables of a vision transformer have the names of its parts", () => {
  const scope = new ParameterScope("y");
  vit(scope, [4, 6, 3], { ...OPTIONS, layer_scale: 1e-5 });
  assert.deepEqual(
    scope.variables.map(({ path, shape, role }) =>
      `${path} [${shape}] ${role}`
    ),
    [
      "y/patch/kernel [2,2,3,8] weight",
      "y/patch/bias [8] bias",
      "y/position [7,8] bias",
      "y/class_token [8] bias",
      "y/block0/norm1/scale [8] norm",
      "y/block0/norm1/offset [8] norm",
      "y/block0/attention/qkv/kernel [8,24] weight",
      "y/block0/attention/qkv/bias [24] bias",
      "y/block0/attention/projection/kernel [8,8] weight",
      "y/block0/attention/projection/bias [8] bias",
      "y/block0/branch1/scale [8] norm",
      "y/block0/norm2/scale [8] norm",
      "y/block0/norm2/offset [8] norm",
      "y/block0/mlp/linear1/kernel [8,16] weight",
      "y/block0/mlp/linear1/bias [16] bias",
      "y/block0/mlp/linear2/kernel [16,8] weight",
      "y/block0/mlp/linear2/bias [8] bias",
      "y/block0/branch2/scale [8] norm",
      "y/norm/scale [8] norm",
      "y/norm/offset [8] norm",
    ],
  );
});

Deno.test("One vision transformer takes images of several sizes with the same variables", () => {
  const scope = new ParameterScope("y");
  const { apply } = vit(scope, [8, 8, 3], OPTIONS);
  const { values, run } = drawn(scope);
  const sizes = [[8, 8], [4, 4], [6, 10]] as const;
  const images = sizes.map(([h, w], i) => new Dice(i + 2).tensor([2, h, w, 3]));
  const results = compute([...images, ...values], (...tensors) => {
    const all = run(tensors.slice(sizes.length));
    return Object.fromEntries(
      sizes.flatMap((_, i) => {
        const { tokens, output } = apply(tensors[i] as tf.Tensor4D, all);
        return [[`tokens${i}`, tokens], [`output${i}`, output]];
      }),
    );
  });
  sizes.forEach(([h, w], i) => {
    assert.deepEqual(results[`tokens${i}`]?.shape, [2, h * w / 4, 8]);
    assert.deepEqual(results[`output${i}`]?.shape, [2, 8]);
  });
});

for (const pool of ["class", "mean"] as const) {
  for (const position of HOW) {
    Deno.test(`A vision transformer that keeps all patches in another order gives the same, its tokens in that order, with a feature by ${pool} and ${position} positions`, () => {
      const scope = new ParameterScope("y");
      const { apply } = vit(scope, [4, 4, 3], { ...OPTIONS, pool, position });
      const { values, run } = drawn(scope);
      const image = new Dice(2).tensor([1, 4, 4, 3]);
      const { tokens, output, turned, again } = compute(
        [image, ...values],
        (image, ...tensors) => {
          const x = image as tf.Tensor4D;
          const keep = tf.tensor2d([[2, 0, 3, 1]], [1, 4], "int32");
          const all = apply(x, run(tensors));
          const some = apply(x, run(tensors), { keep });
          return { ...all, turned: some.tokens, again: some.output };
        },
      );
      close(numbers(again), numbers(output), 1e-5);
      const rows = [0, 1, 2, 3].map((i) =>
        numbers(tokens).slice(8 * i, 8 * i + 8)
      );
      close(
        numbers(turned),
        [2, 0, 3, 1].flatMap((i) => rows[i] as number[]),
        1e-5,
      );
    });
  }

  Deno.test(`A vision transformer does not see patches that it does not keep, with a feature by ${pool}`, () => {
    const scope = new ParameterScope("y");
    const { apply } = vit(scope, [4, 4, 3], { ...OPTIONS, pool });
    const { values, run } = drawn(scope);
    const image = new Dice(2).tensor([1, 4, 4, 3]);
    // The lower left patch in another colour.
    const other = float32(
      image.shape,
      numbers(image).map((v, i) => i >= 24 && i % 12 < 6 ? v + 1 : v),
    );
    const { a, b } = compute([image, other, ...values], (a, b, ...tensors) => {
      const keep = tf.tensor2d([[3, 1]], [1, 2], "int32");
      const of = (x: tf.Tensor | undefined) =>
        apply(x as tf.Tensor4D, run(tensors), { keep }).output;
      return { a: of(a), b: of(b) };
    });
    assert.deepEqual(numbers(a), numbers(b));
  });
}

for (
  const [qkv_bias, position] of [
    ...HOW.map((one) => [true, one] as const),
    [false, "learned"],
  ] as const
) {
  Deno.test(`The output of a vision transformer by itself, and its gradients, are those beside its tokens, ${qkv_bias ? "with" : "without"} biases of queries, with ${position} positions`, () => {
    const scope = new ParameterScope("y");
    const more = { depth: 2, layer_scale: 0.5, qkv_bias, position };
    const options = { ...OPTIONS, ...more };
    const network = vit(scope, [4, 4, 3], options);
    const { values, run } = drawn(scope);
    const image = new Dice(2).tensor([2, 4, 4, 3]);
    const slope = new Dice(3).tensor([2, 8]);
    const ways = {
      alone: network.output,
      beside: (...given: Parameters<typeof network.apply>) =>
        network.apply(...given).output,
    };
    const of = (way: (typeof ways)[keyof typeof ways]) =>
      compute([image, slope, ...values], (image, dy, ...tensors) => {
        const { value, grads } = tf.valueAndGrads((...weights) =>
          way(image as tf.Tensor4D, run(weights))
        )(tensors, dy as tf.Tensor2D);
        return Object.fromEntries(
          [value, ...grads].map((x, i) => [`${i}`, x as tf.Tensor] as const),
        );
      });
    const [alone, beside] = [of(ways.alone), of(ways.beside)];
    for (const name of Object.keys(beside)) {
      const [one, other] = [alone, beside].map((all) =>
        numbers(all[name] as TensorData)
      ) as [number[], number[]];
      close(one, other, 1e-5);
    }
  });
}

for (
  const [what, shape, options, message] of [
    ["that patches do not fill", [5, 4, 3], {}, /patches of 2 x 2 pixels fill/],
    ["that are flat", [12], {}, /expected images/],
    [
      "with heads that do not divide the width",
      [4, 4, 3],
      { heads: 3 },
      /its heads divide/,
    ],
    ["with a width that sincos cannot fill", [4, 4, 3], {
      width: 6,
      position: "sincos",
    }, /multiple of 4/],
  ] as const
) {
  Deno.test(`A vision transformer of images ${what} says so`, () => {
    assert.throws(
      () => vit(new ParameterScope("y"), shape, { ...OPTIONS, ...options }),
      (error: unknown) =>
        error instanceof ShapeError && message.test(error.message),
    );
  });
}

Deno.test("A branch is dropped in training alone, by numbers of its own place", () => {
  const scope = new ParameterScope("y/block0/branch1");
  const layer = residualBranch(scope, (x) => tf.mul(x, 3), {
    width: 1,
    dropPath: 0.5,
  });
  const places: string[] = [];
  const { trained, evaluated } = compute([float32([2, 1, 1], [1, 2])], (x) => {
    const random = (place: string) => {
      places.push(place);
      return new Scripted([[0.4, 0.6]]);
    };
    const run = (training: boolean) =>
      Object.assign(new FixedRun(new Map(), training), { random });
    return {
      trained: layer(x as tf.Tensor, run(true)),
      evaluated: layer(x as tf.Tensor, run(false)),
    };
  });
  assert.deepEqual(numbers(trained), [1, 2 + 2 * 6]);
  assert.deepEqual(numbers(evaluated), [4, 8]);
  assert.deepEqual(places, ["y/block0/branch1"]);
});

Deno.test("A branch that is dropped needs a run with random numbers", () => {
  compute([float32([1, 1, 1], [1])], (x) => {
    const layer = residualBranch(new ParameterScope("b"), (x) => x, {
      width: 1,
      dropPath: 0.5,
    });
    assert.throws(
      () => layer(x as tf.Tensor, new FixedRun(new Map())),
      /no random numbers/,
    );
    return { x: x as tf.Tensor };
  });
});
