/** @file Softmax cross-entropy as TensorFlow's fused op. */
import * as tf from "@tensorflow/tfjs";
import { executeRaw } from "../trace/backend.ts";
import { type } from "./attrs.ts";
import { differentiable } from "./differentiable.ts";

const attrs = { T: type("float32"), Tlabels: type("int32") };

/**
 * Mean cross-entropy of `[rows, classes]` logits against the right class of
 * each row. Differentiable with respect to the logits.
 *
 * @param labels int32 `[rows]`, each in 0..classes-1.
 */
export function crossEntropy(
  logits: tf.Tensor2D,
  labels: tf.Tensor1D,
): tf.Scalar {
  const losses = differentiable([logits], {
    forward(save) {
      const [losses, gradient] = executeRaw(
        "SparseSoftmaxCrossEntropyWithLogits",
        attrs,
        [logits, labels],
      ) as [tf.Tensor, tf.Tensor];
      save([gradient]);
      return losses;
    },
    backward: (dy, saved) => [
      tf.mul(tf.expandDims(dy, 1), saved[0] as tf.Tensor),
    ],
  });
  return tf.mean(losses);
}
