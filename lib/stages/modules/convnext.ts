/** @file ConvNeXt (Liu et al. 2022, arXiv:2201.03545), as timm builds it. */
import * as tf from "@tensorflow/tfjs";
import { z } from "zod";
import { convnextBlock } from "../../layers/convnext_block.ts";
import { layerNorm } from "../../layers/layer_norm.ts";
import {
  type Layer,
  type ParameterScope,
  sequential,
} from "../../layers/layer.ts";
import { patchEmbed } from "../../layers/patch_embed.ts";
import { TRUNCATED_NORMAL } from "../../layers/token_dense.ts";
import { ShapeError, type StageDefinition } from "../define.ts";
import { defineModule } from "../define_module.ts";

const REFERENCE = "https://arxiv.org/abs/2201.03545";

/** Options that every size has. */
const COMMON = {
  patch: z.int().min(1).max(32).default(4).describe(
    "Side in pixels of the first convolution, which is its stride; images of 32 x 32 want 1 or 2",
  ),
  layer_scale: z.number().positive().max(1).default(1e-6).describe(
    "First value of the learned scale of each branch",
  ),
  drop_path: z.number().min(0).lt(1).default(0).describe(
    "Share of samples in which training leaves out the branch of the last block; less in earlier ones",
  ),
};

interface Options {
  readonly patch: number;
  readonly layer_scale: number;
  readonly drop_path: number;
  readonly width: number;
  readonly blocks: readonly number[];
}

/**
 * A convolution whose windows do not overlap: of `[batch, height, width,
 * channels]` to `[batch, rows, columns, width]`. Pixels that fill no window are
 * left out.
 */
function strided(
  scope: ParameterScope,
  sizes: { readonly patch: number; channels: number; width: number },
): Layer {
  const { patch, width } = sizes;
  const embed = patchEmbed(scope, { ...sizes, init: TRUNCATED_NORMAL });
  return (x, run) => {
    const [batch, height, wide, channels] = (x as tf.Tensor4D).shape;
    const [rows, columns] = [
      Math.floor(height / patch),
      Math.floor(wide / patch),
    ];
    const whole = rows * patch === height && columns * patch === wide
      ? x
      : run.scope(scope.path, () =>
        tf.slice(x, [0, 0, 0, 0], [
          batch,
          rows * patch,
          columns * patch,
          channels,
        ]));
    const patches = embed(whole, run);
    return run.scope(
      scope.path,
      () => tf.reshape(patches, [batch, rows, columns, width]),
    );
  };
}

function build(
  scope: ParameterScope,
  shape: readonly number[],
  { patch, width: first, blocks, layer_scale, drop_path }: Options,
): { shape: readonly number[]; layer: Layer } {
  const [height = 0, wide = 0, channels] = shape;
  const least = patch * 2 ** (blocks.length - 1);
  const got = `got [${["batch", ...shape].join(", ")}]`;
  if (shape.length !== 3 || !channels) {
    throw new ShapeError(
      `expected images [batch, height, width, channels], ${got}`,
    );
  }
  if (Math.min(height, wide) < least) {
    throw new ShapeError(
      `expected at least ${least} pixels a side for patches of ${patch} and ${blocks.length} groups of blocks, each of which but the first halves it, ${got}; set \`patch\` to less`,
    );
  }
  const count = blocks.reduce((sum, one) => sum + one, 0);
  const layers: Layer[] = [];
  let [from, done] = [channels, 0];
  blocks.forEach((length, group) => {
    const width = first * 2 ** group;
    if (group === 0) {
      const stem = scope.child("stem");
      layers.push(
        strided(stem.child("patch"), { patch, channels: from, width }),
        layerNorm(stem.child("norm"), { width }),
      );
    } else {
      const down = scope.child(`down${group}`);
      layers.push(
        layerNorm(down.child("norm"), { width: from }),
        strided(down.child("patch"), { patch: 2, channels: from, width }),
      );
    }
    for (let i = 0; i < length; i++) {
      layers.push(
        convnextBlock(scope.child(`block${group}.${i}`), {
          width,
          layerScale: layer_scale,
          dropPath: count > 1 ? drop_path * done / (count - 1) : drop_path,
        }),
      );
      done++;
    }
    from = width;
  });
  const pool: Layer = (x) => tf.mean(x, [1, 2]);
  const norm = layerNorm(scope.child("norm"), { width: from });
  return { shape: [from], layer: sequential(...layers, pool, norm) };
}

/** ConvNeXt-T: features `[batch, 768]`. */
export const convnextTiny: StageDefinition = defineModule({
  name: "convnext_tiny",
  summary: "ConvNeXt with 3, 3, 9, 3 blocks, 96 channels wide at first",
  reference: REFERENCE,
  roles: ["encode"],
  options: z.strictObject(COMMON),
  build: (scope, shape, options) =>
    build(scope, shape, { ...options, width: 96, blocks: [3, 3, 9, 3] }),
});

/** A ConvNeXt of any size; the default is small enough for a CPU. */
export const convnext: StageDefinition = defineModule({
  name: "convnext",
  summary:
    "ConvNeXt of any size: depthwise 7x7 convolutions, layer norm, GELU; each group of blocks doubles the channels and halves the side",
  reference: REFERENCE,
  roles: ["encode"],
  options: z.strictObject({
    width: z.int().min(1).max(1024).default(16).describe(
      "Channels of the first group of blocks",
    ),
    blocks: z.array(z.int().min(1).max(64)).min(1).max(6).default([1, 1, 1])
      .describe("Blocks in each group"),
    ...COMMON,
  }),
  build,
});
