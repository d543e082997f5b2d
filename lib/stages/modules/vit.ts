/** @file Vision transformers as encoders. */
import type * as tf from "@tensorflow/tfjs";
import { z } from "zod";
import { defineModule, type ModuleDefinition } from "../define.ts";
import { vit as body, type VitOptions } from "./vit_body.ts";

const REFERENCE = "https://arxiv.org/abs/2010.11929";

/** Options that every size has. */
const COMMON = {
  patch: z.int().min(1).max(256).default(16).describe(
    "Side of a patch in pixels; images of 32 x 32 want 4",
  ),
  position: z.enum(["learned", "sincos"]).default("learned").describe(
    "How tokens know their place: `learned`, or fixed sines and cosines",
  ),
  pool: z.enum(["class", "mean"]).default("class").describe(
    "Features: those of a `class` token, or the `mean` of the patches'",
  ),
  qkv_bias: z.boolean().default(true).describe(
    "Whether queries, keys and values have a bias",
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

function build(
  scope: Parameters<ModuleDefinition["build"]>[0],
  shape: readonly number[],
  // Dropped paths want random numbers, which a module's run does not draw.
  options: Omit<VitOptions, "drop_path">,
): ReturnType<ModuleDefinition["build"]> {
  const { width, apply } = body(scope, shape, { ...options, drop_path: 0 });
  return {
    shape: [width],
    layer: (x, run) => apply(x as tf.Tensor4D, run).output,
  };
}

/** A vision transformer of any size: features `[batch, width]`. */
export const vit: ModuleDefinition = defineModule({
  name: "vit",
  summary: "Vision transformer of any size",
  reference: REFERENCE,
  roles: ["encode"],
  options: z.strictObject({ ...COMMON, ...SIZES }),
  build,
});

/** Width and heads by name; all have 12 blocks. */
export const VIT_SIZES = {
  vit_tiny: { width: 192, depth: 12, heads: 3, mlp_ratio: 4 },
  vit_small: { width: 384, depth: 12, heads: 6, mlp_ratio: 4 },
  vit_base: { width: 768, depth: 12, heads: 12, mlp_ratio: 4 },
} as const;

function fixed(name: keyof typeof VIT_SIZES): ModuleDefinition {
  const size = VIT_SIZES[name];
  return defineModule({
    name,
    summary:
      `Vision transformer of ${size.depth} blocks with ${size.heads} heads, ${size.width} features`,
    reference: REFERENCE,
    roles: ["encode"],
    options: z.strictObject(COMMON),
    build: (scope, shape, options) =>
      build(scope, shape, { ...options, ...size }),
  });
}

/** ViT-Ti: features `[batch, 192]`. */
export const vitTiny: ModuleDefinition = fixed("vit_tiny");
/** ViT-S: features `[batch, 384]`. */
export const vitSmall: ModuleDefinition = fixed("vit_small");
/** ViT-B: features `[batch, 768]`. */
export const vitBase: ModuleDefinition = fixed("vit_base");
