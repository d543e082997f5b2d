import * as tf from "@tensorflow/tfjs";
import { attention } from "../../lib/layers/attention.ts";
import { batchNorm } from "../../lib/layers/batch_norm.ts";
import { conv } from "../../lib/layers/conv.ts";
import { cosineDense } from "../../lib/layers/cosine_dense.ts";
import { dense } from "../../lib/layers/dense.ts";
import { type Layer, ParameterScope } from "../../lib/layers/layer.ts";
import { groupNorm } from "../../lib/layers/group_norm.ts";
import { layerNorm } from "../../lib/layers/layer_norm.ts";
import { patchEmbed } from "../../lib/layers/patch_embed.ts";
import {
  basicBlock,
  bottleneckBlock,
  residual,
} from "../../lib/layers/residual.ts";
import { standardisedConv } from "../../lib/layers/standardised_conv.ts";
import { transformerBlock } from "../../lib/layers/transformer_block.ts";
import { OUTPUT, type StageDefinition } from "../../lib/stages/define.ts";
import { mlp } from "../../lib/stages/modules/mlp.ts";
import { resnet } from "../../lib/stages/modules/resnet.ts";
import { tokenDecoder } from "../../lib/stages/modules/token_decoder.ts";
import { vit } from "../../lib/stages/modules/vit.ts";
import {
  checkGradients,
  Dice,
  type GradientCheck,
} from "../helpers/numeric.ts";
import { built, FixedStageRun } from "../helpers/stages.ts";

/** Checks the gradients of a layer's input and of all its parameters. */
function checkLayer(
  build: (scope: ParameterScope) => Layer,
  shape: readonly number[],
  check: GradientCheck,
): void {
  const scope = new ParameterScope("net");
  const layer = build(scope);
  const dice = new Dice(shape.length);
  const trained = scope.variables.filter(({ role }) => role !== "buffer");
  const buffers = scope.variables.filter(({ role }) => role === "buffer");
  const values = trained.map(({ role, path, shape }) => {
    // About what they are in a network, but nowhere at their first values.
    const fan = shape.slice(0, -1).reduce((a, b) => a * b, 1);
    return dice.tensor(
      shape,
      () =>
        role === "weight"
          ? dice.normal() * Math.sqrt(2 / fan)
          : (path.endsWith("scale") ? 1 : 0) + 0.3 * dice.normal(),
    );
  });
  checkGradients(
    [dice.tensor(shape), ...values],
    (x, ...parameters) => {
      const known = new Map<string, tf.Tensor>();
      trained.forEach(({ path }, i) =>
        known.set(path, parameters[i] as tf.Tensor)
      );
      for (const { path, shape } of buffers) {
        known.set(path, tf.ones([...shape] as [number]));
      }
      return layer(x as tf.Tensor, new FixedStageRun(known));
    },
    check,
  );
}

/** A network on one view of such samples. */
const module = (
  definition: StageDefinition,
  shape: readonly number[],
  options: Record<string, unknown>,
) =>
(scope: ParameterScope): Layer => {
  const is = shape.length === 1 ? "embedding" : "image";
  const of = [{ is, shape } as const];
  const { apply } = built(definition, options, { of }, 1, scope);
  return (x, run) =>
    apply({ of: [x] }, run as FixedStageRun)[OUTPUT]?.[0] as tf.Tensor;
};

/** Smooth layers: only rounding is left, some 1e-5. */
const SMOOTH: GradientCheck = { tolerance: 1e-3 };

/**
 * With ReLU the value has kinks, and a step that crosses one sees another
 * slope. Small steps cross few of them and have more noise of rounding.
 */
const KINKED: GradientCheck = { steps: [2e-3, 5e-4, 1e-4], tolerance: 5e-2 };

Deno.test("The gradients of a convolution layer agree with differences", () => {
  checkLayer(
    (scope) => conv(scope, { in: 3, out: 4, kernel: 3, stride: 2 }),
    [2, 5, 6, 3],
    SMOOTH,
  );
});

Deno.test("The gradients of a dense layer agree with differences", () => {
  checkLayer(
    (scope) => dense(scope, { in: 5, out: 4, bias: true }),
    [6, 5],
    SMOOTH,
  );
});

Deno.test("The gradients of a batch norm of images agree with differences", () => {
  checkLayer(
    (scope) => batchNorm(scope, { channels: 3 }),
    [3, 4, 2, 3],
    SMOOTH,
  );
});

Deno.test("The gradients of a batch norm of features agree with differences", () => {
  checkLayer((scope) => batchNorm(scope, { channels: 4 }), [8, 4], SMOOTH);
});

Deno.test("The gradients of a batch norm without affine agree with differences", () => {
  checkLayer(
    (scope) => batchNorm(scope, { channels: 4, affine: false }),
    [8, 4],
    SMOOTH,
  );
});

for (
  const [name, block] of [["basic", basicBlock], [
    "bottleneck",
    bottleneckBlock,
  ]] as const
) {
  const out = 2 * block.expansion;
  for (
    const [how, sizes] of [
      ["with the identity as shortcut", { in: out, width: 2, stride: 1 }],
      ["with a strided shortcut", { in: 3, width: 2, stride: 2 }],
    ] as const
  ) {
    Deno.test(`The gradients of a ${name} block ${how} agree with differences`, () => {
      checkLayer(
        (scope) => residual(scope, { conv, norm: batchNorm }, block, sizes, 1),
        [3, 4, 4, sizes.in],
        KINKED,
      );
    });
  }
}

for (const batch_norm of ["none", "hidden", "all"]) {
  Deno.test(`The gradients of an mlp with batch_norm ${batch_norm} agree with differences`, () => {
    checkLayer(
      module(mlp, [5], { hidden: 6, out: 4, layers: 3, batch_norm }),
      [8, 5],
      KINKED,
    );
  });
}

for (const stem of ["cifar", "imagenet"]) {
  for (const block of ["basic", "bottleneck"]) {
    Deno.test(`The gradients of a small ${block} resnet with the ${stem} stem agree with differences`, () => {
      const side = stem === "cifar" ? 6 : 14;
      checkLayer(
        module(resnet, [side, side, 3], {
          width: 4,
          blocks: [1, 1],
          block,
          stem,
        }),
        [4, side, side, 3],
        { ...KINKED, directions: 2 },
      );
    });
  }
}

Deno.test("The gradients of a layer norm agree with differences", () => {
  checkLayer((scope) => layerNorm(scope, { width: 5 }), [3, 4, 5], SMOOTH);
});

Deno.test("The gradients of a group norm agree with differences", () => {
  checkLayer(
    (scope) => groupNorm(scope, { channels: 6, groups: 2 }),
    [2, 3, 2, 6],
    SMOOTH,
  );
});

Deno.test("The gradients of a convolution with standardised weights agree with differences", () => {
  checkLayer(
    (scope) => standardisedConv(scope, { in: 3, out: 4, kernel: 3 }),
    [2, 4, 5, 3],
    SMOOTH,
  );
});

Deno.test("The gradients of attention agree with differences", () => {
  checkLayer(
    (scope) => attention(scope, { width: 6, heads: 2 }),
    [2, 5, 6],
    SMOOTH,
  );
});

/**
 * Norms and softmaxes one after another bend more: over a step of a hundredth
 * the slope itself changes by 1e-3.
 */
const CURVED: GradientCheck = { steps: [1e-2, 3e-3, 1e-3], tolerance: 1e-3 };

for (const layerScale of [undefined, 0.5]) {
  const how = layerScale ? "with" : "without";
  Deno.test(`The gradients of a transformer block ${how} a scale of its branches agree with differences`, () => {
    checkLayer(
      (scope) => transformerBlock(scope, { width: 6, heads: 2, layerScale }),
      [2, 4, 6],
      CURVED,
    );
  });
}

Deno.test("The gradients of a patch embedding agree with differences", () => {
  checkLayer(
    (scope) => patchEmbed(scope, { patch: 2, channels: 3, width: 5 }),
    [2, 4, 6, 3],
    SMOOTH,
  );
});

Deno.test("The gradients of cosines with learned directions agree with differences", () => {
  checkLayer((scope) => cosineDense(scope, { in: 5, out: 7 }), [4, 5], SMOOTH);
});

const SMALL = { patch: 2, width: 8, depth: 2, heads: 2 };

for (
  const [position, pool] of [["learned", "class"], ["sincos", "mean"]] as const
) {
  Deno.test(`The gradients of a vision transformer with ${position} positions and a feature by ${pool} agree with differences`, () => {
    checkLayer(
      module(vit, [4, 6, 3], { ...SMALL, pool, position }),
      [2, 4, 6, 3],
      { ...CURVED, directions: 1 },
    );
  });
}

Deno.test("The gradients of a decoder of tokens agree with differences", () => {
  const numbersOf = (rows: number[][]): tf.Tensor2D =>
    tf.tensor2d(rows, [rows.length, rows[0]?.length ?? 0], "int32");
  checkLayer(
    (scope) => {
      const decoder = tokenDecoder(scope, [3, 6], [2, 3], {
        width: 4,
        depth: 1,
        heads: 1,
        mlp_ratio: 2,
        out: 5,
      });
      return (x, run) => {
        const at = numbersOf([[5, 0, 2], [1, 4, 3]]);
        const ask = numbersOf([[1, 4], [0, 5]]);
        const { seen, asked } = decoder(x as tf.Tensor3D, { at, ask }, run);
        return tf.concat([seen, asked], 1);
      };
    },
    [2, 3, 6],
    { ...CURVED, directions: 1 },
  );
});
