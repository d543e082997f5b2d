/** @file Several values as one, view after view. */
import { z } from "zod";
import { defineStage, OUTPUT, type StageDefinition } from "../define.ts";

/** Views of several values, one after another, numbered anew. */
export const join: StageDefinition = defineStage({
  key: {
    key: "join",
    value: "input",
    summary: "Values whose views are joined",
    look: "value",
  },
  name: "join",
  summary: "Views of several values, one after another",
  keepsViews: true,
  perImage: true,
  options: z.strictObject({}),
  inputs: {
    join: {
      is: ["image", "embedding", "tokens", "mask", "label"],
      gradient: true,
      rows: "any",
      verb: "join",
      summary: "Values whose views are joined",
    },
  },
  standsFor: "join",
  build: (_scope, { join: of = [] }) => ({
    outputs: { [OUTPUT]: of.map(({ view: _, ...type }) => type) },
    apply: ({ join: of = [] }) => ({ [OUTPUT]: of }),
  }),
});
