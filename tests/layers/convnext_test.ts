/** @file ConvNeXt and residual networks, beside PyTorch, torchvision and timm. */
import assert from "@std/assert";
import * as tf from "@tensorflow/tfjs";
import { sizeOf, type TensorData } from "../../lib/ir/dtype.ts";
import { ParameterScope } from "../../lib/layers/layer.ts";
import { depthwiseConv2d } from "../../lib/ops/depthwise_conv.ts";
import { OUTPUT, ShapeError } from "../../lib/stages/define.ts";
import { convnext, convnextTiny } from "../../lib/stages/modules/convnext.ts";
import {
  resnet,
  resnet101,
  resnet18,
  resnet34,
  resnet50,
  wideResnet101,
  wideResnet50,
} from "../../lib/stages/modules/resnet.ts";
import {
  closeGradients,
  drawn,
  firstValue,
  type Gradient,
} from "../helpers/drawn.ts";
import {
  checkGradients,
  close,
  compute,
  Dice,
  numbers,
} from "../helpers/numeric.ts";
import { built, FixedStageRun } from "../helpers/stages.ts";

for (
  const [definition, published] of [
    // Parameters in torchvision 0.28, with a head for 1,000 classes.
    [resnet18, 11_689_512],
    [resnet34, 21_797_672],
    [resnet50, 25_557_032],
    [resnet101, 44_549_160],
    [wideResnet50, 68_883_240],
    [wideResnet101, 126_886_696],
    // timm 1.0 has as many.
    [convnextTiny, 28_589_128],
  ] as const
) {
  Deno.test(`${definition.name} has as many parameters as torchvision's, but for the head`, () => {
    const scope = new ParameterScope("y");
    const of = [{ is: "image", shape: [224, 224, 3] } as const];
    const options = definition === convnextTiny ? {} : { stem: "imagenet" };
    const { outputs } = built(definition, options, { of }, 1, scope);
    const [width = 0] = outputs[OUTPUT]?.[0]?.shape ?? [];
    const own = scope.variables.filter(({ role }) => role !== "buffer")
      .reduce((sum, { shape }) => sum + sizeOf(shape), 0);
    assert.equal(own, published - 1000 * (width + 1));
  });
}

/** What PyTorch finds: tests/fixtures/make_convnext.py, which draws the same numbers. */
interface Case {
  readonly sides: readonly [number, number];
  readonly options: Readonly<Record<string, unknown>>;
  readonly output: readonly number[];
  readonly gradients: readonly Gradient[];
}

const { cases }: { readonly cases: readonly Case[] } = JSON.parse(
  Deno.readTextFileSync(new URL("../fixtures/convnext.json", import.meta.url)),
);

/** Float32 against float32, each summing in its own order. */
const TOLERANCE = 1e-4;

for (const { sides, options, output, gradients } of cases) {
  Deno.test(`Features and gradients of a ConvNeXt are PyTorch's, of images of ${sides.join(" x ")}`, () => {
    const scope = new ParameterScope("y");
    const of = [{ is: "image", shape: [...sides, 3] } as const];
    const { apply } = built(convnext, options, { of }, 2, scope);
    assert.deepEqual(
      scope.variables.map(({ path }) => path),
      gradients.map(({ name }) => `y/${name}`),
    );
    const results = compute(
      [
        drawn(1000, [2, ...sides, 3], 4),
        drawn(2000, [2, output.length / 2], 2),
        ...scope.variables.map(({ path, shape }, seed) =>
          firstValue(seed, path, shape)
        ),
      ],
      (images, weights, ...tensors) => {
        const features = (...parameters: tf.Tensor[]): tf.Tensor => {
          const run = new FixedStageRun(
            new Map(
              scope.variables.map(({ path }, i) =>
                [path, parameters[i] as tf.Tensor] as const
              ),
            ),
          );
          return apply({ of: [images as tf.Tensor] }, run)[OUTPUT]![0]!;
        };
        const grads = tf.grads((...parameters: tf.Tensor[]) =>
          tf.sum(tf.mul(features(...parameters), weights as tf.Tensor))
        )(tensors);
        return Object.fromEntries([
          ["output", features(...tensors)],
          ...grads.map((gradient, i) => [`gradient${i}`, gradient]),
        ]) as Record<string, tf.Tensor>;
      },
    );
    const found = (key: string): number[] =>
      numbers(results[key] as TensorData);
    close(found("output"), output, TOLERANCE);
    closeGradients(
      gradients,
      (i) => found(`gradient${i}`),
      (i) => scope.variables[i]?.shape ?? [],
      TOLERANCE,
    );
  });
}

Deno.test("A convolution of each channel by itself has the gradients of its definition", () => {
  const dice = new Dice(1);
  checkGradients(
    [dice.tensor([2, 4, 5, 3]), dice.tensor([3, 3, 1, 3])],
    (x, kernel) => depthwiseConv2d(x as tf.Tensor4D, kernel as tf.Tensor4D),
  );
});

Deno.test("A wide residual network has more channels within its bottlenecks alone", () => {
  const shapes = (widen: number) => {
    const scope = new ParameterScope("y");
    const of = [{ is: "image", shape: [8, 8, 3] } as const];
    const options = { width: 4, blocks: [1], block: "bottleneck", widen };
    built(resnet, options, { of }, 1, scope);
    return Object.fromEntries(
      scope.variables.map(({ path, shape }) => [path, `${shape}`]),
    );
  };
  const [plain, wide] = [shapes(1), shapes(2)];
  assert.equal(plain["y/block1.0/conv2/kernel"], "3,3,4,4");
  assert.equal(wide["y/block1.0/conv2/kernel"], "3,3,8,8");
  assert.equal(wide["y/block1.0/conv3/kernel"], "1,1,8,16");
  assert.equal(
    wide["y/block1.0/shortcut/conv/kernel"],
    plain["y/block1.0/shortcut/conv/kernel"],
  );
});

for (
  const [what, definition, shape, options, message] of [
    [
      "images too small for its groups",
      convnext,
      [8, 8, 3],
      {},
      /at least 16 pixels a side .* set `patch` to less/,
    ],
    ["embeddings", convnext, [12], {}, /expected images/],
    [
      "images in basic blocks that are wide",
      resnet,
      [8, 8, 3],
      { widen: 2 },
      /of basic ones raise `width`/,
    ],
  ] as const
) {
  Deno.test(`${definition.name} of ${what} says so`, () => {
    const is = shape.length === 3 ? "image" : "embedding";
    assert.throws(
      () => built(definition, options, { of: [{ is, shape }] }, 1),
      (error: unknown) =>
        error instanceof ShapeError && message.test(error.message),
    );
  });
}
