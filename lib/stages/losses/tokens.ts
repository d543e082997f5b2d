/** @file Prediction of hidden tokens' features (I-JEPA). */
import * as tf from "@tensorflow/tfjs";
import { z } from "zod";
import { choice } from "../choice.ts";
import { gatherTokens } from "../../ops/gather_tokens.ts";
import {
  defineStage,
  ShapeError,
  type StageDefinition,
  type Type,
} from "../define.ts";
import { LOSS, TEACHER } from "../define_loss.ts";
import { filledIn } from "./hidden.ts";
import { expectAll, expectPlaces } from "../masks/expect.ts";

/** Added to the variance of a token's features, as PyTorch's layer norm does. */
const EPSILON = 1e-5;

/** Each token's features to mean 0 and variance 1. */
function normalized(tokens: tf.Tensor): tf.Tensor {
  const centred = tf.sub(tokens, tf.mean(tokens, -1, true));
  const variance = tf.mean(tf.square(centred), -1, true);
  return tf.div(centred, tf.sqrt(tf.add(variance, EPSILON)));
}

/** `x² / 2` below 1, `|x| - 1/2` above: PyTorch's smooth L1 with beta 1. */
function smoothL1(x: tf.Tensor): tf.Tensor {
  const size = tf.abs(x);
  const near = tf.minimum(size, 1);
  // Both pieces in one expression, differentiable at 1.
  return tf.add(tf.div(tf.square(near), 2), tf.sub(size, near));
}

/**
 * How far predicted tokens are from a teacher's at the places asked for. With
 * several views of places for each view of the target, each is compared.
 */
export const tokens: StageDefinition = defineStage({
  key: LOSS,
  name: "tokens",
  summary: "Smooth L1 distance of predicted tokens from a teacher's",
  reference:
    "Assran et al. 2023, https://arxiv.org/abs/2301.08243, section 3, and https://github.com/facebookresearch/ijepa",
  objective: true,
  attracts: true,
  standsFor: null,
  perImage: true,
  options: z.strictObject({
    normalize: z.boolean().default(true).describe(
      "Scale the features of each target token to mean 0 and variance 1 first",
    ),
    distance: choice({
      smooth_l1: "as in the authors' code",
      squared: "as in the paper",
    }).default("smooth_l1").describe("How far tokens are apart"),
  }),
  inputs: {
    of: {
      is: ["tokens"],
      gradient: true,
      verb: "compare",
      summary: "What was predicted at the places",
    },
    target: {
      is: ["tokens"],
      verb: "compare with",
      summary: "The teacher's tokens of the whole image, such as `t.tokens`",
    },
    at: {
      is: ["mask"],
      verb: "compare at",
      summary: "Numbers of the places, such as `mask.target`",
      hint: "for example at: mask.target",
    },
  },
  build(_scope, { of = [], target = [], at = [] }, { normalize, distance }) {
    if (of.length !== at.length || of.length % target.length !== 0) {
      throw new ShapeError(
        `views do not match: ${of.length} of predictions, ${at.length} of places, ${target.length} of targets`,
      );
    }
    const each = of.length / target.length;
    of.forEach((type, i) => {
      const { shape } = type;
      const whole = target[Math.floor(i / each)] as Type;
      const goal = whole.shape;
      if (shape[1] !== goal[1] || shape[0] !== at[i]?.shape[0]) {
        throw new ShapeError(
          `[batch, ${shape.join(", ")}] at ${
            at[i]?.shape[0]
          } places against tokens of ${
            goal[1]
          } features: give the predictor \`out: ${
            goal[1]
          }\` and ask for the same places`,
        );
      }
      expectAll("at", at[i], whole);
      expectPlaces("at", at[i], type);
    });
    const far = distance === "squared" ? tf.square : smoothL1;
    return {
      outputs: {},
      landmarks: { floor: 0, hidden: true },
      apply({ of: made = [], target: teacher = [], at: places = [] }) {
        const goals = teacher.map((x) => normalize ? normalized(x) : x);
        const hidden = places.map((at, i) => {
          const all = goals[Math.floor(i / each)] as tf.Tensor3D;
          return gatherTokens(all, at as tf.Tensor2D);
        });
        return { ...filledIn(made, hidden, far), [TEACHER]: goals };
      },
    };
  },
});
