/** @file Tokens of some places. */
import type * as tf from "@tensorflow/tfjs";
import { z } from "zod";
import { gatherTokens } from "../../ops/gather_tokens.ts";
import {
  defineStage,
  OUTPUT,
  ShapeError,
  type StageDefinition,
} from "../define.ts";
import { expectAll, placesOf } from "../masks/expect.ts";

/** The tokens at places that differ from image to image. */
export const gather: StageDefinition = defineStage({
  key: {
    key: "gather",
    value: "input",
    summary: "Tokens of which some are taken",
    look: "value",
  },
  name: "gather",
  summary: "Tokens of some places, such as those that a mask hid",
  reference:
    "He et al. 2021, https://arxiv.org/abs/2111.06377, section 3, whose masks are lists of places",
  keepsViews: true,
  perImage: true,
  options: z.strictObject({}),
  inputs: {
    gather: {
      is: ["tokens"],
      gradient: true,
      verb: "take some of",
      summary: "Tokens of all places, such as `y.tokens`",
    },
    at: {
      is: ["mask"],
      verb: "take tokens at",
      summary: "Numbers of the places, such as `mask.hidden`",
      hint: "for example at: mask.hidden",
    },
  },
  standsFor: "gather",
  build(_scope, { gather: of = [], at = [] }) {
    if (of.length !== at.length) {
      throw new ShapeError(`"at" has ${at.length} views for ${of.length}`);
    }
    of.forEach((tokens, i) => expectAll("at", at[i], tokens));
    return {
      outputs: {
        [OUTPUT]: of.map((type, i) => ({
          ...type,
          shape: [at[i]?.shape[0] as number, type.shape[1] as number],
          ...placesOf(at[i]),
        })),
      },
      apply: ({ gather: of = [], at: places = [] }) => ({
        [OUTPUT]: of.map((x, i) =>
          gatherTokens(x as tf.Tensor3D, places[i] as tf.Tensor2D)
        ),
      }),
    };
  },
});
