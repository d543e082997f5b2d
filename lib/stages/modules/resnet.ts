/** @file Residual networks (He et al. 2015, arXiv:1512.03385), wide ones too. */
import * as tf from "@tensorflow/tfjs";
import { z } from "zod";
import { choice } from "../choice.ts";
import { batchNorm } from "../../layers/batch_norm.ts";
import { conv } from "../../layers/conv.ts";
import type { FirstWeights } from "../../layers/first_weights.ts";
import {
  type Layer,
  type ParameterScope,
  sequential,
} from "../../layers/layer.ts";
import {
  basicBlock,
  bottleneckBlock,
  type Parts,
  reluLayer,
  residual,
} from "../../layers/residual.ts";
import { standardisedConv } from "../../layers/standardised_conv.ts";
import { ShapeError, type StageDefinition } from "../define.ts";
import { defineModule } from "../define_module.ts";
import { firstWeights } from "./first_weights.ts";
import { groupNormIn, groups, NORMS } from "./group_norm.ts";

const BLOCKS = { basic: basicBlock, bottleneck: bottleneckBlock } as const;

/** Convolution and pool ahead of the blocks. */
const STEMS = {
  cifar: { kernel: 3, stride: 1, pool: false },
  pooled: { kernel: 3, stride: 1, pool: true },
  imagenet: { kernel: 7, stride: 2, pool: true },
} as const;

const stem = choice({
  cifar: "one 3x3 convolution, for 32 pixels",
  pooled: "the same and a max pool at stride 2, for 64 to 96",
  imagenet: "a 7x7 convolution at stride 2 and a max pool",
}).default("cifar").describe("First layers");
const stemPadding = z.int().min(0).max(3).optional().describe(
  "Zeros around the image for the first convolution; half its kernel when absent. solo-learn's CIFAR networks have 2",
);
const zeroInit = z.boolean().default(false).describe(
  "Start the last scale of every block at 0, so that blocks begin as identities",
);

/** What stands after each convolution, and what the convolutions are. */
const norms = {
  norm: choice(NORMS).default("batch").describe(
    "What stands after each convolution",
  ),
  groups: groups.describe(
    "Groups of channels of `norm: group`",
  ),
  weight_standardisation: z.boolean().default(false).describe(
    "Kernels of mean 0 and variance 1, for `norm: group` (https://arxiv.org/abs/1903.10520)",
  ),
  init: firstWeights("fan_out"),
};

/** What stands after convolutions, and how they start. */
interface Norms {
  readonly norm: "batch" | "group";
  readonly groups: number;
  readonly weight_standardisation: boolean;
  readonly init: FirstWeights;
}

const partsOf = (
  { norm, groups, weight_standardisation: standardised, init }: Norms,
): Parts => ({
  conv: (scope, options) =>
    (standardised ? standardisedConv : conv)(scope, { init, ...options }),
  norm: norm === "batch"
    ? batchNorm
    : (scope, options) => groupNormIn(scope, { groups, ...options }),
});

interface Architecture extends Norms {
  readonly stem: keyof typeof STEMS;
  readonly stem_padding?: number | undefined;
  readonly width: number;
  readonly blocks: readonly number[];
  readonly block: keyof typeof BLOCKS;
  readonly widen: number;
  readonly zero_init: boolean;
}

/** Largest value of each 3x3 window at stride 2, with one pixel of padding. */
const maxPool: Layer = (x) =>
  // The input is not negative (it follows a ReLU), so zeros never win.
  tf.maxPool(
    tf.pad(x as tf.Tensor4D, [[0, 0], [1, 1], [1, 1], [0, 0]]),
    3,
    2,
    "valid",
  );

function stemLayers(
  scope: ParameterScope,
  { conv, norm }: Parts,
  channels: number,
  { stem, stem_padding: padding, width }: Architecture,
): Layer {
  const { kernel, stride, pool } = STEMS[stem];
  const geometry = {
    kernel,
    stride,
    ...(padding === undefined ? {} : { padding }),
  };
  const first = sequential(
    conv(scope.child("stem/conv"), { in: channels, out: width, ...geometry }),
    norm(scope.child("stem/bn"), { channels: width }),
    reluLayer,
  );
  return pool ? sequential(first, maxPool) : first;
}

function build(
  scope: ParameterScope,
  shape: readonly number[],
  options: Architecture,
): { shape: readonly number[]; layer: Layer } {
  const [height, width, channels] = shape;
  const got = `got [${["batch", ...shape].join(", ")}]`;
  if (shape.length !== 3 || !channels || !height || height !== width) {
    throw new ShapeError(
      `expected square images [batch, side, side, channels], ${got}`,
    );
  }
  const groups = options.blocks.length;
  const least = 2 ** (groups - 1);
  if (height < least) {
    throw new ShapeError(
      `expected at least ${least} pixels a side for ${groups} groups of blocks, each of which but the first halves it, ${got}`,
    );
  }
  if (options.widen > 1 && options.block === "basic") {
    throw new ShapeError(
      "`widen` is of bottleneck blocks: of basic ones raise `width`",
    );
  }
  const block = BLOCKS[options.block];
  const parts = partsOf(options);
  const layers = [stemLayers(scope, parts, channels, options)];
  let from = options.width;
  options.blocks.forEach((count, stage) => {
    const wide = options.width * 2 ** stage;
    for (let i = 0; i < count; i++) {
      const sizes = {
        in: from,
        width: wide,
        inner: options.widen * wide,
        stride: stage > 0 && i === 0 ? 2 : 1,
      };
      const name = scope.child(`block${stage + 1}.${i}`);
      const last = options.zero_init ? 0 : 1;
      layers.push(residual(name, parts, block, sizes, last));
      from = wide * block.expansion;
    }
  });
  const pool: Layer = (x) => tf.mean(x, [1, 2]);
  return { shape: [from], layer: sequential(...layers, pool) };
}

const REFERENCE = "https://arxiv.org/abs/1512.03385";
const WIDE = "https://arxiv.org/abs/1605.07146";

function fixed(
  name: string,
  blocks: readonly number[],
  block: keyof typeof BLOCKS,
  widen = 1,
): StageDefinition {
  return defineModule({
    name,
    summary: `Residual network with ${
      blocks.join(", ")
    } ${block} blocks, 64 channels wide at first${
      widen > 1 ? `, ${widen} times as many in 3x3 convolutions` : ""
    }`,
    reference: widen > 1 ? `${REFERENCE}, ${WIDE}` : REFERENCE,
    roles: ["encode"],
    options: z.strictObject({
      stem,
      stem_padding: stemPadding,
      zero_init: zeroInit,
      ...norms,
    }),
    build: (scope, shape, options) =>
      build(scope, shape, { ...options, width: 64, blocks, block, widen }),
  });
}

/** ResNet-18: features `[batch, 512]`. */
export const resnet18: StageDefinition = fixed(
  "resnet18",
  [2, 2, 2, 2],
  "basic",
);
/** ResNet-34: features `[batch, 512]`. */
export const resnet34: StageDefinition = fixed(
  "resnet34",
  [3, 4, 6, 3],
  "basic",
);
/** ResNet-50: features `[batch, 2048]`. */
export const resnet50: StageDefinition = fixed(
  "resnet50",
  [3, 4, 6, 3],
  "bottleneck",
);
/** ResNet-101: features `[batch, 2048]`. */
export const resnet101: StageDefinition = fixed(
  "resnet101",
  [3, 4, 23, 3],
  "bottleneck",
);
/** Wide ResNet-50-2, as torchvision's: features `[batch, 2048]`. */
export const wideResnet50: StageDefinition = fixed(
  "wide_resnet50_2",
  [3, 4, 6, 3],
  "bottleneck",
  2,
);
/** Wide ResNet-101-2, as torchvision's: features `[batch, 2048]`. */
export const wideResnet101: StageDefinition = fixed(
  "wide_resnet101_2",
  [3, 4, 23, 3],
  "bottleneck",
  2,
);

/** A residual network of any size; the default is small enough for a CPU. */
export const resnet: StageDefinition = defineModule({
  name: "resnet",
  summary:
    "Residual network of any size; each group of blocks doubles the channels and halves the side",
  reference: REFERENCE,
  roles: ["encode"],
  options: z.strictObject({
    width: z.int().min(1).max(1024).default(16).describe(
      "Channels of the first group of blocks",
    ),
    blocks: z.array(z.int().min(1).max(64)).min(1).max(6).default([1, 1, 1])
      .describe("Residual blocks in each group"),
    block: choice({
      basic: "two 3x3 convolutions",
      bottleneck: "1x1, 3x3 and 1x1 convolutions, to 4 times the channels",
    }).default("basic").describe("Layers of a residual block"),
    widen: z.int().min(1).max(16).default(1).describe(
      "Channels of a bottleneck's 3x3 convolution, as a multiple of its group's (https://arxiv.org/abs/1605.07146)",
    ),
    stem,
    stem_padding: stemPadding,
    zero_init: zeroInit,
    ...norms,
  }),
  build,
});
