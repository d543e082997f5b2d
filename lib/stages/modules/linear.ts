/** @file One linear layer: a classifier, a linear projector, SimMIM's decoder. */
import { z } from "zod";
import { dense } from "../../layers/dense.ts";
import { ShapeError, type StageDefinition } from "../define.ts";
import { defineModule } from "../define_module.ts";
import { ofEachToken } from "./each_token.ts";

/** `x W + b`, of an embedding or of each token. */
export const linear: StageDefinition = defineModule({
  name: "linear",
  summary: "One linear layer, of an embedding or of each token",
  roles: ["project", "predict", "decode"],
  options: z.strictObject({
    out: z.int().min(1).max(65536).describe("Features of the output"),
    bias: z.boolean().default(true).describe("Whether a bias is added"),
  }),
  build(scope, shape, { out, bias }) {
    if (shape.length > 2) {
      throw new ShapeError("expected an embedding or tokens");
    }
    const layer = dense(scope.child("linear"), {
      in: shape.at(-1) as number,
      out,
      bias,
    });
    return { shape: [...shape.slice(0, -1), out], layer: ofEachToken(layer) };
  },
});
