/** @file SwAV's target: balanced assignment to prototypes. */
import * as tf from "@tensorflow/tfjs";
import { z } from "zod";
import {
  defineStage,
  OUTPUT,
  ShapeError,
  type StageDefinition,
} from "../define.ts";
import { ramp } from "../ramp.ts";
import { TARGET } from "./kind.ts";

/**
 * Alternates between equal shares of the prototypes and one share a row
 * (Sinkhorn and Knopp 1967; Cuturi 2013, arXiv:1306.0895).
 *
 * @param shares `[rows, prototypes]`, none below 0.
 * @param weights How much each row counts for the prototypes' shares,
 * `[rows, 1]`; all alike by default.
 * @returns Probabilities, each row adds up to 1; as they are for no iterations.
 */
export function balanced(
  shares: tf.Tensor2D,
  iterations: number,
  weights?: tf.Tensor,
): tf.Tensor2D {
  const [rows, prototypes] = shares.shape;
  for (let i = 0; i < iterations; i++) {
    const counted = weights ? tf.mul(shares, weights) : shares;
    shares = tf.div(shares, tf.mul(tf.sum(counted, 0, true), prototypes));
    shares = tf.div(shares, tf.mul(tf.sum(shares, 1, true), rows));
  }
  return iterations > 0 ? tf.mul(shares, rows) : shares;
}

/** The same of `exp(scores / epsilon)`, `[rows, prototypes]`. */
export function sinkhornKnopp(
  scores: tf.Tensor2D,
  epsilon: number | tf.Scalar,
  iterations: number,
  weights?: tf.Tensor,
): tf.Tensor2D {
  // exp() of large scores over a small epsilon would overflow.
  const shifted = tf.sub(scores, tf.max(scores));
  return balanced(tf.exp(tf.div(shifted, epsilon)), iterations, weights);
}

/** Assignments of which every prototype gets an equal share; no gradient flows. */
export const sinkhorn: StageDefinition = defineStage({
  key: TARGET,
  name: "sinkhorn",
  summary:
    "Assignments to prototypes, balanced so that each gets an equal share",
  reference:
    "Caron et al. 2020, https://arxiv.org/abs/2006.09882, section 3.1 and appendix A",
  options: z.strictObject({
    epsilon: ramp(z.number().positive().max(10)).default(0.05).describe(
      "Weight of the entropy: the smaller, the harder the assignments",
    ),
    iterations: z.int().min(1).max(100).default(3).describe(
      "Rounds of normalisation",
    ),
    beside_weight: ramp(z.number().min(0).max(1)).default(1).describe(
      "How much a row of `beside` counts, against 1 of the batch's; `{ from: 0, to: 1, epochs: 15, shape: step }` is the authors' queue that starts after 15 epochs",
    ),
  }),
  inputs: {
    of: {
      is: ["embedding"],
      verb: "assign",
      summary: "Scores of the batch, a column a prototype",
    },
    beside: {
      is: ["embedding"],
      rows: "queue",
      optional: true,
      verb: "assign beside the batch",
      summary:
        "Scores of queued rows, which take part in the balance; a view for each of `of`",
    },
  },
  keepsViews: true,
  standsFor: "of",
  build(_scope, { of = [], beside }, { iterations, beside_weight }) {
    if (beside && beside.length !== of.length) {
      throw new ShapeError(
        `"beside" has ${beside.length} views for ${of.length}`,
      );
    }
    /** Of the rows of a batch and, below them, of a queue. */
    const weigh = (batch: number, queue: number, weight: number | tf.Tensor) =>
      tf.concat([tf.ones([batch, 1]), tf.mul(tf.ones([queue, 1]), weight)], 0);
    return {
      outputs: { [OUTPUT]: of },
      apply({ of: views = [], beside: queued }, run) {
        const epsilon = run.scheduled("epsilon");
        const weight = beside_weight === 1
          ? undefined
          : run.scheduled("beside_weight");
        return {
          [OUTPUT]: views.map((x, i) => {
            const rows = queued?.[i];
            const all = rows ? tf.concat([x, rows], 0) : x;
            const shares = sinkhornKnopp(
              all as tf.Tensor2D,
              epsilon,
              iterations,
              rows && weight !== undefined
                ? weigh(x.shape[0] as number, rows.shape[0] as number, weight)
                : undefined,
            );
            return tf.slice(shares, 0, x.shape[0]);
          }),
        };
      },
    };
  },
});
