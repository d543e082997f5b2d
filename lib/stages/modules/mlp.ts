/** @file Multi-layer perceptron: projector, predictor, or an encoder of flat images. */
import * as tf from "@tensorflow/tfjs";
import { z } from "zod";
import { choice } from "../choice.ts";
import { batchNorm } from "../../layers/batch_norm.ts";
import { dense } from "../../layers/dense.ts";
import { type Layer, sequential } from "../../layers/layer.ts";
import { reluLayer } from "../../layers/residual.ts";
import { gelu } from "../../ops/gelu.ts";
import type { StageDefinition } from "../define.ts";
import { defineModule } from "../define_module.ts";
import { ofEachToken } from "./each_token.ts";
import { firstWeights } from "./first_weights.ts";
import { groupNormIn, groups, NORMS } from "./group_norm.ts";

const flatten: Layer = (x) => tf.reshape(x, [x.shape[0] as number, -1]);

const ACTIVATIONS: Readonly<Record<"relu" | "gelu", Layer>> = {
  relu: reluLayer,
  gelu: (x) => gelu(x),
};

/**
 * Linear layers with ReLU or GELU between them. A linear layer that batch norm
 * follows has no bias, since the norm would take it away. Of tokens each goes
 * through it by itself; images are flattened.
 */
export const mlp: StageDefinition = defineModule({
  name: "mlp",
  summary:
    "Linear layers with batch norm and ReLU or GELU between them, of an embedding, of each token or of a flat image",
  roles: ["encode", "project", "predict"],
  options: z.strictObject({
    hidden: z.int().min(1).max(65536).describe("Features of hidden layers"),
    out: z.int().min(1).max(65536).describe("Features of the output"),
    layers: z.int().min(1).max(16).default(2).describe(
      "Linear layers, the last one included",
    ),
    batch_norm: choice({
      none: "after no layer",
      hidden: "after every layer but the last",
      all: "after every layer, the last one included",
    }).default("hidden").describe("After which layers batch norm stands"),
    norm: choice(NORMS).default("batch").describe(
      "What stands where `batch_norm` says",
    ),
    groups: groups.describe(
      "Groups of features of `norm: group`",
    ),
    activation: choice({
      relu: "what is below 0 becomes 0",
      gelu:
        "a smooth ReLU, that of transformers (https://arxiv.org/abs/1606.08415)",
    }).default("relu").describe(
      "What stands after hidden layers",
    ),
    output_affine: z.boolean().default(true).describe(
      "Whether the batch norm of the last layer has a scale and an offset",
    ),
    output_bias: z.boolean().default(true).describe(
      "Whether the last layer has a bias where no batch norm follows it",
    ),
    init: firstWeights("torch"),
  }),
  normalizesOutput: ({ batch_norm }) => batch_norm === "all",
  build(scope, shape, options) {
    const tokens = shape.length === 2;
    const layers: Layer[] = tokens ? [] : [flatten];
    let from = tokens
      ? shape[1] as number
      : shape.reduce((product, side) => product * side, 1);
    const activation = ACTIVATIONS[options.activation];
    for (let i = 1; i <= options.layers; i++) {
      const last = i === options.layers;
      const out = last ? options.out : options.hidden;
      const norm = last
        ? options.batch_norm === "all"
        : options.batch_norm !== "none";
      const bias = !norm && (!last || options.output_bias);
      const { init } = options;
      layers.push(
        dense(scope.child(`linear${i}`), { in: from, out, bias, init }),
      );
      if (norm) {
        const affine = !last || options.output_affine;
        const place = scope.child(`bn${i}`);
        layers.push(
          options.norm === "group"
            ? groupNormIn(place, { channels: out, groups: options.groups })
            : batchNorm(place, { channels: out, affine }),
        );
      }
      if (!last) layers.push(activation);
      from = out;
    }
    const layer = sequential(...layers);
    return tokens
      ? { shape: [shape[0] as number, from], layer: ofEachToken(layer) }
      : { shape: [from], layer };
  },
});
