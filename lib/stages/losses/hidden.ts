/** @file How far what was made of hidden places is from what they are. */
import * as tf from "@tensorflow/tfjs";
import { meanOf } from "../../ops/mean_of.ts";
import type { Values } from "../define.ts";
import { HIDDEN, MADE } from "../define_loss.ts";

/**
 * The mean over views of the mean distance, and both sides for the monitors.
 *
 * @param made Of each view, `[batch, places, features]`.
 * @param hidden What stands there, of the same shapes.
 * @param distance Of differences, element by element.
 */
export const filledIn = (
  made: readonly tf.Tensor[],
  hidden: readonly tf.Tensor[],
  distance: (difference: tf.Tensor) => tf.Tensor,
): Values => ({
  loss: [
    meanOf(
      made.map((x, i) => tf.mean(distance(tf.sub(x, hidden[i] as tf.Tensor)))),
    ),
  ],
  [MADE]: made,
  [HIDDEN]: hidden,
});
