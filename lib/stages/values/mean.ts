/** @file Means of views. */
import * as tf from "@tensorflow/tfjs";
import { z } from "zod";
import { choice } from "../choice.ts";
import { meanOf } from "../../ops/mean_of.ts";
import {
  defineStage,
  OUTPUT,
  ShapeError,
  showType,
  type StageDefinition,
  type Type,
} from "../define.ts";

/**
 * The mean of all views of a value, or for each view the mean of the others,
 * which is FastSiam's target.
 */
export const mean: StageDefinition = defineStage({
  key: {
    key: "mean",
    value: "input",
    summary: "Views whose mean is taken",
    look: "value",
  },
  name: "mean",
  summary:
    "The mean of a value's views: of all, or for each view of the others",
  reference:
    "Pototzky et al. 2022, https://doi.org/10.1007/978-3-031-16788-1_4 (FastSiam)",
  perImage: true,
  options: z.strictObject({
    over: choice({
      all: "one view, the mean of all",
      others: "as many views, each the mean of the others",
    }).default("all").describe("Which views a mean is taken of"),
    normalize: z.boolean().default(false).describe(
      "Whether rows are scaled to length 1 before the mean is taken",
    ),
  }),
  inputs: {
    mean: {
      is: ["embedding", "tokens"],
      gradient: true,
      rows: "any",
      verb: "take the mean of",
      summary: "Views whose mean is taken",
    },
  },
  standsFor: "mean",
  build(_scope, { mean: of = [] }, { over, normalize }) {
    const first = of[0] as Type;
    const other = of.find(({ shape, rows }) =>
      `${shape}` !== `${first.shape}` || rows !== first.rows
    );
    if (other) {
      throw new ShapeError(
        `views of one shape are needed, and one is ${showType(other)}`,
      );
    }
    if (over === "others" && of.length < 2) {
      throw new ShapeError("one view has no others; make more (`count: 4`)");
    }
    const { view: _, ...type } = first;
    const unit = (x: tf.Tensor): tf.Tensor =>
      normalize
        ? tf.div(x, tf.sqrt(tf.maximum(tf.sum(tf.square(x), -1, true), 1e-12)))
        : x;
    return {
      outputs: { [OUTPUT]: over === "all" ? [type] : of },
      apply({ mean: views = [] }) {
        const units = views.map(unit);
        return {
          [OUTPUT]: over === "all"
            ? [meanOf(units)]
            : units.map((_, i) => meanOf(units.filter((_, j) => j !== i))),
        };
      },
    };
  },
});
