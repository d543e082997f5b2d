/** @file EMA twins: a stage again, its weights a moving average of the stage's. */
import * as tf from "@tensorflow/tfjs";
import { z } from "zod";
import { stopGradient } from "../../ops/stop_gradient.ts";
import {
  type BuiltStage,
  defineStage,
  type Port,
  ShapeError,
  showSignature,
  type StageDefinition,
  type Values,
} from "../define.ts";
import { ramp } from "../ramp.ts";
import { counterparts, readsHint } from "./counterparts.ts";

const OF: Port = {
  is: ["image", "embedding", "tokens"],
  verb: "average",
  summary: "What the twin reads",
};

/**
 * A twin of a stage: the same network, its weights and batch-norm statistics
 * `momentum * twin + (1 - momentum) * source` after every step. No gradient
 * flows through it.
 */
export const ema: StageDefinition = defineStage({
  key: {
    key: "ema",
    value: "link",
    summary: "The stage whose twin this is",
    what: "make an EMA twin of",
    look: "twin",
  },
  name: "ema",
  summary: "A twin of a network: the same layers, its weights a moving average",
  reference:
    "Grill et al. 2020, https://arxiv.org/abs/2006.07733, section 3.1; He et al. 2019, https://arxiv.org/abs/1911.05722, equation 2",
  options: z.strictObject({
    momentum: ramp(z.number().min(0).max(1)).optional().describe(
      "Share of the old value that it keeps (tau); that of `train.ema` by default",
    ),
  }),
  inputs: { of: OF },
  keepsViews: true,
  links: ["ema"],
  inherits: { momentum: "ema" },
  inputsOfLink: true,
  build(scope, inputs, _options, { links: { ema: source }, problem }) {
    if (!source) throw new Error("internal: a twin of nothing");
    const [input = "of"] = Object.keys(inputs);
    const refuse = (why: string): void =>
      problem(
        "ema-mismatch",
        [input],
        `Cannot twin "${source.name}" on ${
          showSignature(inputs[input] ?? [])
        }: ${why}`,
        { hints: [readsHint(source, input)] },
      );
    let twin: BuiltStage;
    try {
      twin = source.build(scope, inputs);
    } catch (error) {
      if (!(error instanceof ShapeError)) throw error;
      refuse(error.message);
      return { outputs: {}, apply: () => ({}) };
    }
    const followed = counterparts(scope, source);
    if (!followed) refuse("its weights would have other shapes");
    const follows = scope.variables.map((variable) =>
      [variable, followed?.get(variable) ?? variable] as const
    );
    return {
      outputs: twin.outputs,
      follows,
      apply(values, run): Values {
        run.after(() => {
          const momentum = run.scheduled("momentum");
          for (const [variable, source] of follows) {
            const mixed = tf.add(
              tf.mul(run.read(variable), momentum),
              tf.mul(run.read(source), tf.sub(1, momentum)),
            );
            run.update(variable, mixed);
          }
        });
        const outputs = twin.apply(values, run);
        return Object.fromEntries(
          Object.entries(outputs).map((
            [name, views],
          ) => [
            name,
            views.map((x) => x.dtype === "float32" ? stopGradient(x) : x),
          ]),
        );
      },
    };
  },
});
