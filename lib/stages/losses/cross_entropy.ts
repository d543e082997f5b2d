/** @file Cross-entropy with labels: a supervised baseline, an online probe. */
import * as tf from "@tensorflow/tfjs";
import { z } from "zod";
import { crossEntropy } from "../../ops/cross_entropy.ts";
import { meanOf } from "../../ops/mean_of.ts";
import { defineStage, ShapeError, type StageDefinition } from "../define.ts";
import { LOSS } from "../define_loss.ts";

/** Share of the rows whose largest logit is that of the label. */
const accuracy = (logits: tf.Tensor, labels: tf.Tensor): tf.Scalar =>
  tf.mean(
    tf.cast(
      tf.equal(tf.cast(tf.argMax(logits, 1), "int32"), labels),
      "float32",
    ),
  );

/** Mean over views of the cross-entropy of logits with the images' labels. */
export const labelCrossEntropy: StageDefinition = defineStage({
  key: LOSS,
  name: "cross_entropy",
  summary:
    "Cross-entropy of logits with the labels; reports the batch's accuracy as `accuracy`",
  reference: "Goodfellow et al. 2016, Deep Learning, section 6.2.2.3",
  objective: true,
  reports: ["accuracy"],
  standsFor: null,
  perImage: true,
  options: z.strictObject({}),
  inputs: {
    of: {
      is: ["embedding"],
      gradient: true,
      verb: "classify",
      summary: "Logits, a column a class",
    },
    labels: {
      is: ["label"],
      summary: "`label`, the class of each image",
      hint: "write labels: label",
    },
  },
  build(_scope, { of = [] }) {
    const classes = Math.min(...of.map(({ shape }) => shape[0] ?? 0));
    if (classes < 2) throw new ShapeError("expected two classes or more");
    return {
      outputs: {},
      classes,
      apply({ of: views = [], labels = [] }, run) {
        const label = labels[0] as tf.Tensor1D;
        const losses = views.map((x) => crossEntropy(x as tf.Tensor2D, label));
        const right = views.map((x) => accuracy(x, label));
        run.report("accuracy", meanOf(right));
        return { loss: [meanOf(losses)] };
      },
    };
  },
});
