/** @file Nearest neighbours in a queue. */
import type * as tf from "@tensorflow/tfjs";
import { z } from "zod";
import { nearestRows } from "../../ops/nearest_rows.ts";
import {
  defineStage,
  OUTPUT,
  showType,
  type Signature,
  type StageDefinition,
} from "../define.ts";
import { viewNumber } from "../pairs.ts";

/** The queue's view for a view of the value: its own, or the one for all. */
const bankOf = (bank: Signature, of: Signature, i: number): number =>
  bank.length > 1
    ? bank.findIndex((_, j) => viewNumber(bank, j) === viewNumber(of, i))
    : 0;

/**
 * For each row of a value the row of a queue with the largest cosine
 * similarity, as the queue is when the step starts.
 */
export const nearest: StageDefinition = defineStage({
  key: {
    key: "nearest",
    value: "input",
    summary: "What neighbours are looked for",
    look: "value",
  },
  name: "nearest",
  summary:
    "The row of a queue that is most similar to each row of a value; no gradient flows",
  reference: "Dwibedi et al. 2021, https://arxiv.org/abs/2104.14548, section 3",
  options: z.strictObject({}),
  inputs: {
    nearest: {
      is: ["embedding"],
      verb: "find neighbours of",
      summary: "What neighbours are looked for",
    },
    in: {
      is: ["embedding"],
      rows: "queue",
      verb: "search",
      summary: "The queue that is searched",
      hint: "name a queue stage: `in: <queue>`",
    },
  },
  standsFor: "nearest",
  build(_scope, { nearest: of = [], in: bank = [] }, _options, { problem }) {
    const other = bank.find(({ shape }) => `${shape}` !== `${of[0]?.shape}`);
    if (other && of[0]) {
      problem(
        "shape-mismatch",
        ["in"],
        `Cannot find neighbours of ${showType(of[0])} in ${showType(other)}`,
        { hints: ["queue a value with the same number of features (`out:`)"] },
      );
    }
    const missing = of.map((_, i) => viewNumber(of, i))
      .filter((_, i) => bankOf(bank, of, i) < 0);
    if (missing.length > 0) {
      problem(
        "view-mismatch",
        ["in"],
        `Cannot find neighbours of view ${
          Math.max(...missing)
        }: the queue has ${bank.length} views, counted from 0`,
        { hints: ["give the queue one view for all, or as many views"] },
      );
    }
    return {
      outputs: { [OUTPUT]: of },
      apply: ({ nearest: views = [], in: banks = [] }) => ({
        [OUTPUT]: views.map((x, i) =>
          nearestRows(
            x as tf.Tensor2D,
            banks[bankOf(bank, of, i)] as tf.Tensor2D,
          )
        ),
      }),
    };
  },
});
