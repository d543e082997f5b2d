/** @file The mean of tensors of one shape, such as the losses of views. */
import * as tf from "@tensorflow/tfjs";

/** Their sum over their number. */
export const meanOf = <T extends tf.Tensor>(tensors: readonly T[]): T =>
  tf.div(tf.addN([...tensors]), tensors.length);
