/** @file Queues: rows of earlier batches. */
import * as tf from "@tensorflow/tfjs";
import { z } from "zod";
import type { Variable } from "../../layers/layer.ts";
import { l2Normalize } from "../../ops/normalize.ts";
import { defineStage, OUTPUT, type StageDefinition } from "../define.ts";

/** Puts the newest rows in front of a queue and drops the oldest. */
export function enqueue(
  queue: tf.Tensor2D,
  rows: tf.Tensor2D,
  normalize = true,
): tf.Tensor2D {
  const keep = (queue.shape[0] as number) - (rows.shape[0] as number);
  const newest = normalize ? l2Normalize(rows) : rows;
  return keep > 0
    ? tf.concat([newest, tf.slice(queue, 0, keep)], 0)
    : tf.slice(newest, 0, queue.shape[0] as number);
}

/**
 * The last `size` rows of a value, one queue a view, as they are when the step
 * starts; the step's own rows come in after it.
 */
export const queue: StageDefinition = defineStage({
  key: {
    key: "queue",
    value: "input",
    summary: "What is kept",
    look: "queue",
  },
  name: "queue",
  summary: "The newest rows of a value, kept from step to step",
  reference: "He et al. 2019, https://arxiv.org/abs/1911.05722, section 3.2",
  options: z.strictObject({
    size: z.int().min(1).max(10_000_000).describe("Rows that it holds"),
    normalize: z.boolean().default(true).describe(
      "Whether rows are scaled to length 1 as they come in",
    ),
  }),
  inputs: {
    queue: { is: ["embedding"], verb: "queue", summary: "What is kept" },
  },
  build(scope, { queue = [] }, { size, normalize }, { batch, problem }) {
    if (size < batch) {
      problem(
        "queue-batch",
        ["size"],
        `Cannot queue batches of ${batch} in ${size} rows`,
        {
          hints: [
            `expected at least ${batch} rows; the oldest leave, a whole number of batches is not needed`,
          ],
        },
      );
    }
    const variables = queue.map(({ shape }, view): Variable =>
      scope.declare(`view${view}`, [size, ...shape], "buffer", {
        kind: "unit_rows",
      })
    );
    return {
      outputs: {
        [OUTPUT]: queue.map(({ is, shape }) => ({ is, shape, rows: size })),
      },
      apply({ queue: newest = [] }, run) {
        run.after(() => {
          variables.forEach((variable, view) => {
            const rows = newest[view] as tf.Tensor2D;
            const old = run.read(variable) as tf.Tensor2D;
            run.update(variable, enqueue(old, rows, normalize));
          });
        }, "pass");
        return { [OUTPUT]: variables.map((variable) => run.read(variable)) };
      },
    };
  },
});
