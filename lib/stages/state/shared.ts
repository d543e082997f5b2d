/** @file The same weights on another input. */
import { z } from "zod";
import {
  defineStage,
  type Port,
  showSignature,
  type StageDefinition,
} from "../define.ts";
import { counterparts, readsHint } from "./counterparts.ts";

const OF: Port = {
  is: ["image", "embedding", "tokens"],
  gradient: true,
  verb: "run",
  summary: "What the stage reads here",
};

/**
 * A stage again, with its own weights, on another input. Gradients of both
 * places train them. Where the inputs can be read together, a list
 * (`of: [a, b]`) says the same in one stage.
 */
export const shared: StageDefinition = defineStage({
  key: {
    key: "with",
    value: "link",
    summary: "The stage whose weights this one uses",
    what: "use the weights of",
    look: "value",
  },
  name: "with",
  summary: "A stage again, with the same weights, on another input",
  options: z.strictObject({}),
  inputs: { of: OF },
  keepsViews: true,
  links: ["with"],
  inputsOfLink: true,
  borrows: true,
  build(scope, inputs, _options, { links: { with: source }, problem }) {
    if (!source) throw new Error("internal: the weights of nothing");
    const [input = "of"] = Object.keys(inputs);
    const again = scope.at(source.name);
    const built = source.build(again, inputs);
    if (!counterparts(again, source)) {
      const shown = showSignature(inputs[input] ?? []);
      problem(
        "shape-mismatch",
        [input],
        `Cannot use the weights of "${source.name}" on ${shown}: they would have other shapes`,
        { hints: [readsHint(source, input)] },
      );
    }
    return { outputs: built.outputs, apply: built.apply };
  },
});
