/** @file Reconstruction of hidden patches (MAE, SimMIM). */
import * as tf from "@tensorflow/tfjs";
import { z } from "zod";
import { choice } from "../choice.ts";
import { imagePatches } from "../../ops/image_patches.ts";
import { gatherTokens } from "../../ops/gather_tokens.ts";
import {
  defineStage,
  ShapeError,
  type StageDefinition,
  type Type,
} from "../define.ts";
import { LOSS } from "../define_loss.ts";
import { expectGrid, expectPlaces } from "../masks/expect.ts";
import { gridOf } from "../masks/kind.ts";
import { filledIn } from "./hidden.ts";

/** Added to the variance of a patch, as in the authors' code. */
const EPSILON = 1e-6;

/** Each patch to mean 0 and (unbiased) variance 1. */
function normalized(patches: tf.Tensor): tf.Tensor {
  const count = patches.shape.at(-1) as number;
  const centred = tf.sub(patches, tf.mean(patches, -1, true));
  const variance = tf.div(
    tf.sum(tf.square(centred), -1, true),
    Math.max(1, count - 1),
  );
  return tf.div(centred, tf.sqrt(tf.add(variance, EPSILON)));
}

const DISTANCES = { squared: tf.square, l1: tf.abs } as const;

/**
 * Mean error of patches that a decoder fills in, at the places asked for. With
 * several views of places for each view of the images, each is compared.
 */
export const pixels: StageDefinition = defineStage({
  key: LOSS,
  name: "pixels",
  summary: "Mean error of the pixels of patches that were hidden",
  reference:
    "He et al. 2021, https://arxiv.org/abs/2111.06377, section 3, and https://github.com/facebookresearch/mae; Xie et al. 2021, https://arxiv.org/abs/2111.09886, section 3.4",
  objective: true,
  standsFor: null,
  perImage: true,
  options: z.strictObject({
    patch: z.int().min(1).max(256).default(16).describe(
      "Side of a patch in pixels, as the mask has it",
    ),
    normalize: z.boolean().default(true).describe(
      "Scale the pixels of each patch to mean 0 and variance 1 first",
    ),
    distance: choice({
      squared: "as in MAE",
      l1: "as in SimMIM",
    }).default("squared").describe("How far pixels are apart"),
  }),
  inputs: {
    of: {
      is: ["tokens"],
      gradient: true,
      verb: "compare",
      summary: "What the decoder made of each patch",
    },
    target: { is: ["image"], verb: "rebuild", summary: "The images" },
    at: {
      is: ["mask"],
      verb: "rebuild at",
      summary: "Numbers of the patches, such as `mask.hidden`",
      hint: "for example at: mask.hidden",
    },
  },
  build(
    _scope,
    { of = [], target = [], at = [] },
    { patch, normalize, distance },
  ) {
    if (of.length !== at.length || of.length % target.length !== 0) {
      throw new ShapeError(
        `views do not match: ${of.length} of patches, ${target.length} of images, ${at.length} of places`,
      );
    }
    const each = of.length / target.length;
    of.forEach((type, i) => {
      const [count, numbers] = type.shape;
      const image = target[Math.floor(i / each)] as Type;
      const channels = image.shape[2] ?? 0;
      const grid = gridOf(image, patch);
      const needed = patch * patch * channels;
      if (numbers !== needed) {
        throw new ShapeError(
          `a patch of ${patch} x ${patch} pixels and ${channels} channels has ${needed} numbers, not ${numbers}: give the decoder \`out: ${needed}\``,
        );
      }
      if (count !== at[i]?.shape[0]) {
        throw new ShapeError(
          `${count} patches for ${
            at[i]?.shape[0]
          } places: \`at\` has to be what the decoder was asked for, or what was gathered`,
        );
      }
      expectGrid(
        "at",
        at[i],
        grid,
        () =>
          `the loss needs the \`patch\` of the mask, and images of its size`,
      );
      expectPlaces("at", at[i], type);
    });
    const far = DISTANCES[distance];
    return {
      outputs: {},
      landmarks: { hidden: true },
      apply({ of: made = [], target: images = [], at: places = [] }) {
        const patches = images.map((image) =>
          imagePatches(image as tf.Tensor4D, patch)
        );
        const goals = places.map((at, i) => {
          const all = patches[Math.floor(i / each)] as tf.Tensor3D;
          const wanted = gatherTokens(all, at as tf.Tensor2D);
          return normalize ? normalized(wanted) : wanted;
        });
        return filledIn(made, goals, far);
      },
    };
  },
});
