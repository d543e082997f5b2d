/** @file Stop-gradient as a stage. */
import { z } from "zod";
import { defineStage, OUTPUT, type StageDefinition } from "../define.ts";

/** The same value, through which no gradient flows: its input lets none. */
export const stopGradientStage: StageDefinition = defineStage({
  key: {
    key: "stop_gradient",
    value: "input",
    summary: "What is passed on",
    look: "stop",
  },
  name: "stop_gradient",
  summary: "The same value, through which no gradient flows",
  reference: "Chen and He 2020, https://arxiv.org/abs/2011.10566, section 3",
  keepsViews: true,
  perImage: true,
  options: z.strictObject({}),
  inputs: {
    stop_gradient: {
      is: ["image", "embedding", "tokens"],
      rows: "any",
      summary: "What is passed on",
    },
  },
  build: (_scope, { stop_gradient: of = [] }) => ({
    outputs: { [OUTPUT]: of },
    apply: ({ stop_gradient: of = [] }) => ({ [OUTPUT]: of }),
  }),
});
