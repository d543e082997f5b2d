/** @file Transformers that fill places in: MAE's decoder, I-JEPA's predictor. */
import type * as tf from "@tensorflow/tfjs";
import { z } from "zod";
import {
  defineStage,
  OUTPUT,
  ShapeError,
  type StageDefinition,
  type Type,
} from "../define.ts";
import { ROLES } from "../define_module.ts";
import { expectGrid, expectPlaces, placesOf } from "../masks/expect.ts";
import { tokenDecoder } from "./token_decoder.ts";

const MASK = ["mask"] as const;

/**
 * Tokens of the places `at`, and a learned token at each of the places `ask`,
 * go through a narrow transformer; what stands at the places asked for comes
 * out. One view of tokens may be asked for several views of places, as many for
 * each: I-JEPA asks for each of its target blocks by itself.
 */
export const tokenTransformer: StageDefinition = defineStage({
  key: [ROLES.decode, ROLES.predict],
  name: "vit",
  summary:
    "Transformer that fills in tokens at the places asked for, from those of other places",
  reference:
    "He et al. 2021, https://arxiv.org/abs/2111.06377, section 3; Assran et al. 2023, https://arxiv.org/abs/2301.08243, section 3",
  standsFor: "of",
  perImage: true,
  options: z.strictObject({
    out: z.int().min(1).max(65536).describe(
      "Numbers that come out for each place: pixels of a patch, or the width of the target's tokens",
    ),
    grid: z.union([
      z.int().min(1).max(512),
      z.tuple([z.int().min(1).max(512), z.int().min(1).max(512)]),
    ]).describe("Patches of a side of the image, or [rows, columns]"),
    width: z.int().min(4).max(4096).default(192).describe(
      "Features of its own tokens; a multiple of 4 and of `heads`",
    ),
    depth: z.int().min(1).max(64).default(4).describe("Transformer blocks"),
    heads: z.int().min(1).max(64).default(3).describe("Heads of the attention"),
    mlp_ratio: z.number().positive().max(16).default(4).describe(
      "Hidden features of a block's perceptron, as a multiple of the width",
    ),
  }),
  inputs: {
    of: {
      is: ["tokens"],
      gradient: true,
      summary: "Tokens of the places that were seen, such as `y.tokens`",
    },
    at: {
      is: MASK,
      verb: "place tokens at",
      summary: "Numbers of those places, such as `mask.visible`",
      hint: "for example at: mask.visible",
    },
    ask: {
      is: MASK,
      verb: "ask for",
      summary: "Numbers of the places to fill in, such as `mask.hidden`",
      hint: "for example ask: mask.hidden",
    },
  },
  build(scope, { of = [], at = [], ask = [] }, { grid, ...options }) {
    const [rows, columns] = typeof grid === "number" ? [grid, grid] : grid;
    const [first] = of as [Type];
    if (at.length !== of.length) {
      throw new ShapeError(`"at" has ${at.length} views for ${of.length}`);
    }
    if (ask.length % of.length !== 0) {
      throw new ShapeError(
        `"ask" has ${ask.length} views, which is no multiple of ${of.length}`,
      );
    }
    const uneven = of.findIndex(({ shape }, i) => shape[0] !== at[i]?.shape[0]);
    if (uneven >= 0) {
      throw new ShapeError(
        `view ${uneven} has ${of[uneven]?.shape[0]} tokens for ${
          at[uneven]?.shape[0]
        } places: \`at\` has to be the encoder's \`keep\``,
      );
    }
    const grids = (own: readonly [number, number]): string =>
      own[0] === own[1]
        ? `write \`grid: ${own[0]}\``
        : `write \`grid: [${own}]\``;
    for (const mask of at) expectGrid("at", mask, [rows, columns], grids);
    for (const mask of ask) expectGrid("ask", mask, [rows, columns], grids);
    of.forEach((tokens, i) => expectPlaces("at", at[i], tokens));
    const each = ask.length / of.length;
    const network = tokenDecoder(scope, first.shape, [rows, columns], options);
    return {
      outputs: {
        [OUTPUT]: ask.map((mask): Type => ({
          is: "tokens",
          shape: [mask.shape[0] as number, options.out],
          ...placesOf(mask),
        })),
      },
      apply({ of: tokens = [], at: seen = [], ask: asked = [] }, run) {
        return {
          [OUTPUT]: asked.map((places, i) => {
            const view = Math.floor(i / each);
            const { asked } = network(tokens[view] as tf.Tensor3D, {
              at: seen[view] as tf.Tensor2D,
              ask: places as tf.Tensor2D,
            }, run);
            return asked;
          }),
        };
      },
    };
  },
});
