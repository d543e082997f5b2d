import assert from "@std/assert";
import * as tf from "@tensorflow/tfjs";
import type { TensorData } from "../../lib/ir/dtype.ts";
import { affine, affineAfter } from "../../lib/ops/affine.ts";
import { selfAttention } from "../../lib/ops/attention.ts";
import { dropPath } from "../../lib/ops/drop_path.ts";
import { gelu, type GeluForm, twiceGeluOp } from "../../lib/ops/gelu.ts";
import { imagePatches } from "../../lib/ops/image_patches.ts";
import { layerNorm, normalizeRowsOp } from "../../lib/ops/layer_norm.ts";
import { type Grid, resizeGrid } from "../../lib/ops/resize_grid.ts";
import type { Interpolation } from "../../lib/ops/resample.ts";
import { sincosPosition } from "../../lib/ops/sincos_position.ts";
import { gatherTokens } from "../../lib/ops/gather_tokens.ts";
import {
  checkGradients,
  close,
  compute,
  Dice,
  float32,
  numbers,
  Scripted,
} from "../helpers/numeric.ts";

interface Given {
  readonly shape: readonly number[];
  readonly values: readonly number[];
}

/** What numpy, scipy and PIL say: tests/fixtures/make_token_ops.py. */
const KNOWN = JSON.parse(
  Deno.readTextFileSync(
    new URL("../fixtures/token_ops.json", import.meta.url),
  ),
);

const tensor = ({ shape, values }: Given): TensorData => float32(shape, values);

const agrees = (y: TensorData, known: Given, tolerance = 2e-6): void => {
  assert.deepEqual(y.shape, known.shape);
  close(numbers(y), known.values, tolerance);
};

const int32 = (
  shape: readonly number[],
  values: readonly number[],
): TensorData => ({ dtype: "int32", shape, data: Int32Array.from(values) });

Deno.test("Layer norm is what scipy finds for each row by itself", () => {
  const { x, scale, offset, epsilon, y } = KNOWN.layer_norm;
  const result = compute(
    [x, scale, offset].map(tensor),
    (x, scale, offset) => ({
      y: layerNorm({
        x: x as tf.Tensor,
        scale: scale as tf.Tensor1D,
        offset: offset as tf.Tensor1D,
        epsilon,
      }),
    }),
  );
  agrees(result.y, y);
});

for (const shape of [[6, 5], [3, 2, 5]]) {
  Deno.test(`The gradients of layer norm agree with differences, for ${shape.length} dimensions`, () => {
    const dice = new Dice(1);
    checkGradients(
      [
        dice.tensor(shape, () => 2 + 3 * dice.normal()),
        dice.tensor([5], () => 1 + 0.3 * dice.normal()),
        dice.tensor([5]),
      ],
      (x, scale, offset) =>
        layerNorm({
          x: x as tf.Tensor,
          scale: scale as tf.Tensor1D,
          offset: offset as tf.Tensor1D,
          epsilon: 1e-5,
        }),
    );
  });
}

Deno.test("Layer norm of rows far from 0 keeps their differences", () => {
  const x = float32([1, 4], [4096, 4097, 4098, 4099]);
  const { y } = compute([x], (x) => ({
    y: layerNorm({
      x: x as tf.Tensor,
      scale: tf.ones([4]) as tf.Tensor1D,
      offset: tf.zeros([4]) as tf.Tensor1D,
      epsilon: 0,
    }),
  }));
  const std = Math.sqrt(1.25);
  close(numbers(y), [-1.5, -0.5, 0.5, 1.5].map((v) => v / std), 1e-6);
});

for (const form of ["erf", "tanh"] as const satisfies readonly GeluForm[]) {
  Deno.test(`GELU by ${form} is what scipy finds`, () => {
    const { y } = compute([tensor(KNOWN.gelu.x)], (x) => ({
      y: gelu(x as tf.Tensor, form),
    }));
    agrees(y, KNOWN.gelu[form]);
  });

  Deno.test(`The gradient of GELU by ${form} agrees with differences`, () => {
    checkGradients(
      [new Dice(2).tensor([3, 4, 5])],
      (x) => gelu(x as tf.Tensor, form),
    );
  });
}

Deno.test("Attention is the weighted mean of values that scipy finds for each query", () => {
  const { qkv, heads, y } = KNOWN.attention;
  const result = compute([tensor(qkv)], (x) => ({
    y: selfAttention(x as tf.Tensor3D, heads),
  }));
  agrees(result.y, y);
});

for (const heads of [1, 3]) {
  Deno.test(`The gradient of attention with ${heads} heads agrees with differences`, () => {
    checkGradients(
      [new Dice(3).tensor([2, 5, 18])],
      (x) => selfAttention(x as tf.Tensor3D, heads),
    );
  });
}

for (const shape of [[7, 3], [2, 4, 3]]) {
  for (const bias of [true, false]) {
    Deno.test(`The gradients of a product ${bias ? "with" : "without"} bias agree with differences, for ${shape.length} dimensions`, () => {
      const dice = new Dice(4);
      const inputs = [dice.tensor(shape), dice.tensor([3, 5])];
      checkGradients(
        bias ? [...inputs, dice.tensor([5])] : inputs,
        (x, w, b) => affine(x as tf.Tensor, w as tf.Tensor2D, b as tf.Tensor1D),
      );
    });
  }
}

Deno.test("The gradients of a product after a layer norm, or a GELU, agree with differences", () => {
  const dice = new Dice(7);
  const weights = [dice.tensor([5, 3]), dice.tensor([3])];
  checkGradients(
    [dice.tensor([2, 4, 5]), ...weights],
    (x, w, b) =>
      affineAfter(
        [x as tf.Tensor],
        normalizeRowsOp(x as tf.Tensor, 1e-5),
        w as tf.Tensor2D,
        b as tf.Tensor1D,
      ),
  );
  checkGradients(
    [dice.tensor([2, 4, 5]), ...weights],
    (x, w, b) =>
      affineAfter(
        [x as tf.Tensor],
        twiceGeluOp(x as tf.Tensor),
        w as tf.Tensor2D,
        b as tf.Tensor1D,
      ),
  );
});

Deno.test("Tokens are taken by each sample's own numbers", () => {
  const tokens = float32([2, 3, 2], [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
  const indices = int32([2, 2], [2, 0, 1, 1]);
  const { y } = compute([tokens, indices], (x, i) => ({
    y: gatherTokens(x as tf.Tensor3D, i as tf.Tensor2D),
  }));
  assert.deepEqual(y.shape, [2, 2, 2]);
  assert.deepEqual(numbers(y), [4, 5, 0, 1, 8, 9, 8, 9]);
});

Deno.test("The gradient of taken tokens adds up where one is taken twice, and is 0 where none is", () => {
  const { dx } = compute(
    [
      float32([2, 3, 1], [0, 0, 0, 0, 0, 0]),
      int32([2, 2], [2, 0, 1, 1]),
      float32([2, 2, 1], [1, 2, 3, 4]),
    ],
    (x, i, dy) => ({
      dx: tf.grad((x) => gatherTokens(x as tf.Tensor3D, i as tf.Tensor2D))(
        x as tf.Tensor,
        dy as tf.Tensor,
      ),
    }),
  );
  assert.deepEqual(numbers(dx), [2, 0, 1, 0, 7, 0]);
});

Deno.test("Fixed positions are the sines and cosines that numpy finds, the column's first", () => {
  const { grid, width, y } = KNOWN.sincos;
  const result = compute([], () => ({ y: sincosPosition(grid, width) }));
  agrees(result.y, y);
});

for (const { to, how, y } of KNOWN.grid.results) {
  Deno.test(`A grid of features resized to ${to.join(" x ")} is PIL's, ${how}`, () => {
    const { from, features } = KNOWN.grid;
    const result = compute([tensor(features)], (x) => ({
      y: resizeGrid(
        x as tf.Tensor2D,
        from as Grid,
        to as Grid,
        how as Interpolation,
      ),
    }));
    agrees(result.y, y);
  });
}

Deno.test("The gradient of a resized grid agrees with differences", () => {
  checkGradients(
    [new Dice(5).tensor([12, 3])],
    (x) => resizeGrid(x as tf.Tensor2D, [4, 3], [2, 5]),
  );
});

Deno.test("Patches are the pixels that numpy cuts out, row after row", () => {
  const { images, side, y } = KNOWN.patches;
  const result = compute([tensor(images)], (x) => ({
    y: imagePatches(x as tf.Tensor4D, side),
  }));
  agrees(result.y, y, 1e-8);
});

Deno.test("The gradient of patches agrees with differences", () => {
  checkGradients(
    [new Dice(6).tensor([2, 4, 6, 3])],
    (x) => imagePatches(x as tf.Tensor4D, 2),
  );
});

Deno.test("A dropped path is 0 for whole samples, and others are scaled up", () => {
  const x = float32([4, 2], [1, 2, 3, 4, 5, 6, 7, 8]);
  const script = new Scripted([[0, 0.24, 0.25, 0.9]]);
  const { y } = compute([x], (x) => ({
    y: dropPath(x as tf.Tensor, 0.25, script),
  }));
  script.finish();
  close(numbers(y), [0, 0, 0, 0, 5, 6, 7, 8].map((v) => v / 0.75), 1e-6);
});
