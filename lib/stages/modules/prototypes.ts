/** @file Scores against prototypes: SwAV's, and the last layer of DINO's head. */
import * as tf from "@tensorflow/tfjs";
import { z } from "zod";
import { l2Normalize } from "../../ops/normalize.ts";
import { ShapeError, type StageDefinition } from "../define.ts";
import { defineModule } from "../define_module.ts";
import { ofEachToken } from "./each_token.ts";

/**
 * Cosine similarities of an embedding, or of each token, with `out` prototypes,
 * which are weights: both have length 1. It is SwAV's layer, whose prototypes
 * are scaled to length 1 before each step, and DINO's last layer with
 * `norm_last_layer`; without that, a prototype's length is learned.
 */
export const prototypes: StageDefinition = defineModule({
  name: "prototypes",
  summary: "Cosine similarities with prototypes, which are learnt",
  reference:
    "Caron et al. 2020, https://arxiv.org/abs/2006.09882, section 3.1; Caron et al. 2021, https://arxiv.org/abs/2104.14294, appendix C",
  roles: ["predict"],
  // Scores of thousands of prototypes tell little of a collapse.
  standsFor: "of",
  rows: "any",
  options: z.strictObject({
    out: z.int().min(2).max(131_072).describe("Prototypes"),
    lengths: z.boolean().default(false).describe(
      "Whether each prototype has a learned length, 1 at first, as DINO with `--norm_last_layer false`",
    ),
  }),
  build(scope, shape, { out, lengths }) {
    const features = shape.at(-1);
    if (features === undefined || shape.length > 2) {
      throw new ShapeError("expected an embedding or tokens");
    }
    const bound = 1 / Math.sqrt(features);
    // A row a prototype.
    const kernel = scope.declare("kernel", [out, features], "weight", {
      kind: "uniform",
      bound,
    });
    const length = lengths
      ? scope.declare("length", [out], "weight", { kind: "constant", value: 1 })
      : undefined;
    return {
      shape: [...shape.slice(0, -1), out],
      layer: ofEachToken((x, run) => {
        const cosines = tf.matMul(
          l2Normalize(x as tf.Tensor2D),
          l2Normalize(run.read(kernel) as tf.Tensor2D),
          false,
          true,
        );
        return length ? tf.mul(cosines, run.read(length)) : cosines;
      }),
    };
  },
});
