/** @file Supervised contrastive loss (SupCon). */
import * as tf from "@tensorflow/tfjs";
import { z } from "zod";
import { l2Normalize } from "../../ops/normalize.ts";
import { choice } from "../choice.ts";
import { defineStage, ShapeError, type StageDefinition } from "../define.ts";
import { LOSS } from "../define_loss.ts";
import { ramp } from "../ramp.ts";

/** Added to a logit that must not win; exp() of it is 0 in float32. */
const MASKED = -1e9;

/** An anchor's loss, of the logarithms of its shares and of which are positives'. */
type Sum = (logs: tf.Tensor, positives: tf.Tensor) => tf.Tensor;

/** Where the sum over positives stands. */
const SUMS: Readonly<Record<"outside" | "inside", Sum>> = {
  outside: (logs, positives) =>
    tf.neg(tf.div(
      tf.sum(tf.mul(positives, logs), 1),
      tf.sum(positives, 1),
    )),
  inside: (logs, positives) => {
    const only = tf.add(logs, tf.mul(tf.sub(1, positives), MASKED));
    return tf.sub(tf.log(tf.sum(positives, 1)), tf.logSumExp(only, 1));
  },
};

/**
 * Every other view of every image of the same class is a positive, all others
 * of the batch are negatives: `L_out` and `L_in` of the paper, without their
 * factor of temperature over base temperature, which only scales.
 */
export const supcon: StageDefinition = defineStage({
  key: LOSS,
  name: "supcon",
  summary:
    "Contrastive loss in which all images of a class are positives of each other",
  reference:
    "Khosla et al. 2020, https://arxiv.org/abs/2004.11362, equations 2 and 3",
  contrasts: true,
  objective: true,
  options: z.strictObject({
    temperature: ramp(z.number().positive().max(10)).default(0.1).describe(
      "Divides the cosine similarities",
    ),
    sum: choice({
      outside: "of the logarithm: L_out, which the paper finds better",
      inside: "of the logarithm: L_in, as solo-learn has it",
    }).default("outside").describe("Where the mean over positives stands"),
  }),
  inputs: {
    of: {
      is: ["embedding"],
      gradient: true,
      verb: "contrast",
      summary: "Embeddings of two or more views",
    },
    labels: {
      is: ["label"],
      summary: "`label`, the class of each image",
      hint: "write labels: label",
    },
  },
  build(_scope, { of = [] }, { sum }, { batch }) {
    if (of.length < 2) {
      throw new ShapeError("one view has no positives; make two (`count: 2`)");
    }
    if (new Set(of.map(({ shape }) => `${shape}`)).size > 1) {
      throw new ShapeError("all views need the same number of features");
    }
    const rows = batch * of.length;
    return {
      outputs: {},
      landmarks: { uniform: Math.log(rows - 1) },
      apply({ of: views = [], labels = [] }, run) {
        const all = l2Normalize(tf.concat([...views], 0) as tf.Tensor2D);
        const similarities = tf.div(
          tf.matMul(all, all, false, true),
          run.scheduled("temperature"),
        );
        const self = tf.eye(rows);
        const logs = tf.logSoftmax(
          tf.add(similarities, tf.mul(self, MASKED)),
          1,
        );
        const classes = tf.concat(views.map(() => labels[0] as tf.Tensor), 0);
        const same = tf.cast(
          tf.equal(tf.expandDims(classes, 0), tf.expandDims(classes, 1)),
          "float32",
        );
        const positives = tf.mul(same, tf.sub(1, self));
        return { loss: [tf.mean(SUMS[sum](logs, positives)) as tf.Scalar] };
      },
    };
  },
});
