/** @file Vision transformers as encoders. */
import type * as tf from "@tensorflow/tfjs";
import { z } from "zod";
import { choice } from "../choice.ts";
import {
  defineStage,
  OUTPUT,
  type Port,
  ShapeError,
  type Signature,
  type StageDefinition,
  type StageSpec,
  type Type,
} from "../define.ts";
import { ROLES } from "../define_module.ts";
import { expectGrid, placesOf } from "../masks/expect.ts";
import { vit as body, type VitOptions } from "./vit_body.ts";

const REFERENCE = "https://arxiv.org/abs/2010.11929";

/** Options that every size has. */
const COMMON = {
  patch: z.int().min(1).max(256).default(16).describe(
    "Side of a patch in pixels; images of 32 x 32 want 4",
  ),
  position: choice({
    learned: "a weight for each place",
    sincos: "fixed sines and cosines",
    relative:
      "a bias of attention for each distance of two patches, learned once for all blocks, as SimMIM's ViT has it",
  }).default("learned").describe("How tokens know their place"),
  pool: choice({
    class: "those of a token of its own",
    mean: "the mean of the patches' tokens",
  }).default("class").describe("Which features the image has"),
  qkv_bias: z.boolean().default(true).describe(
    "Whether queries, keys and values have a bias",
  ),
  drop_path: z.number().min(0).lt(1).default(0).describe(
    "Share of samples in which training leaves out a branch of the last block; less in earlier ones",
  ),
  image_size: z.int().min(1).max(4096).optional().describe(
    "Side of the images that learned positions are for, in pixels; by default that of the first view. For other sizes they are resized",
  ),
  layer_scale: z.number().positive().max(1).optional().describe(
    "First value of a learned scale of each branch; none where it is left out",
  ),
};

/** Options of any size. */
const SIZES = {
  width: z.int().min(1).max(4096).default(192).describe("Features of a token"),
  depth: z.int().min(1).max(64).default(12).describe("Transformer blocks"),
  heads: z.int().min(1).max(64).default(3).describe("Heads of the attention"),
  mlp_ratio: z.number().positive().max(16).default(4).describe(
    "Hidden features of a block's perceptron, as a multiple of the width",
  ),
};

/** What every size reads. */
const INPUTS: Readonly<Record<string, Port>> = {
  of: { is: ["image"], gradient: true, summary: "Images" },
  keep: {
    is: ["mask"],
    optional: true,
    verb: "keep",
    summary: "Numbers of the patches that it sees, such as `mask.visible`",
    hint: "for example keep: mask.visible",
  },
  hide: {
    is: ["mask"],
    optional: true,
    verb: "hide",
    summary:
      "Numbers of the patches in whose place a learned token stands, such as `mask.hidden`",
    hint: "for example hide: mask.hidden",
  },
};

interface Options extends Omit<VitOptions, "layer_scale" | "hides"> {
  readonly layer_scale?: number | undefined;
  readonly image_size?: number | undefined;
}

const build: StageSpec<Options>["build"] = (
  scope,
  { of = [], keep, hide },
  options,
  site,
) => {
  const [first] = (site.first?.["of"] ?? of) as [Type];
  const [height, width, channels] = first.shape as [number, number, number];
  const { image_size: side } = options;
  const learned = side === undefined
    ? [height, width, channels]
    : [side, side, channels];
  const network = body(scope, learned, {
    ...options,
    hides: hide !== undefined,
  });
  for (const [name, views] of Object.entries({ keep, hide })) {
    if (!views || views.length === of.length) continue;
    throw new ShapeError(
      `"${name}" has ${views.length} views for ${of.length} of the images`,
    );
  }
  const tokens = of.map(({ shape }, view): Type => {
    const [rows, columns] = network.gridOf(shape);
    const cure = () =>
      `mask and network need the same \`patch\`, and images of the same size`;
    expectGrid("keep", keep?.[view], [rows, columns], cure);
    expectGrid("hide", hide?.[view], [rows, columns], cure);
    const count = keep?.[view]?.shape[0] ?? rows * columns;
    return {
      is: "tokens",
      shape: [count, network.width],
      ...placesOf(keep?.[view]),
    };
  });
  const output: Signature = of.map(() => ({
    is: "embedding",
    shape: [network.width],
  }));
  return {
    outputs: { [OUTPUT]: output, tokens },
    apply(
      { of: views = [], keep: kept, hide: hidden },
      run,
    ): Readonly<Record<string, readonly tf.Tensor[]>> {
      const given = views.map((x, view) =>
        [x as tf.Tensor4D, run, {
          keep: kept?.[view] as tf.Tensor2D | undefined,
          hide: hidden?.[view] as tf.Tensor2D | undefined,
        }] as const
      );
      if (!run.reads("tokens")) {
        return { [OUTPUT]: given.map((one) => network.output(...one)) };
      }
      const results = given.map((one) => network.apply(...one));
      return {
        [OUTPUT]: results.map((one) => one.output),
        tokens: results.map((one) => one.tokens),
      };
    },
  };
};

/** A vision transformer of any size: features `[batch, width]`, and its tokens. */
export const vit: StageDefinition = defineStage<Options>({
  key: ROLES.encode,
  name: "vit",
  summary:
    "Vision transformer of any size; `.tokens` are its patches' features",
  reference: REFERENCE,
  keepsViews: true,
  perImage: true,
  options: z.strictObject({ ...COMMON, ...SIZES }),
  inputs: INPUTS,
  build,
});

/** Width and heads by name; all have 12 blocks. */
export const VIT_SIZES = {
  vit_tiny: { width: 192, depth: 12, heads: 3, mlp_ratio: 4 },
  vit_small: { width: 384, depth: 12, heads: 6, mlp_ratio: 4 },
  vit_base: { width: 768, depth: 12, heads: 12, mlp_ratio: 4 },
} as const;

function fixed(name: keyof typeof VIT_SIZES): StageDefinition {
  const size = VIT_SIZES[name];
  return defineStage<Omit<Options, keyof typeof size>>({
    key: ROLES.encode,
    name,
    summary:
      `Vision transformer of ${size.depth} blocks with ${size.heads} heads, ${size.width} features`,
    reference: REFERENCE,
    perImage: true,
    keepsViews: true,
    options: z.strictObject(COMMON),
    inputs: INPUTS,
    build: (scope, inputs, options, site) =>
      build(scope, inputs, { ...options, ...size }, site),
  });
}

/** ViT-Ti: features `[batch, 192]`. */
export const vitTiny: StageDefinition = fixed("vit_tiny");
/** ViT-S: features `[batch, 384]`. */
export const vitSmall: StageDefinition = fixed("vit_small");
/** ViT-B: features `[batch, 768]`. */
export const vitBase: StageDefinition = fixed("vit_base");
