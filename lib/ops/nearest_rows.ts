/** @file Nearest neighbours by cosine similarity. */
import * as tf from "@tensorflow/tfjs";
import { gatherRows } from "./gather_rows.ts";
import { stopGradient } from "./stop_gradient.ts";

/**
 * For each row of `x` the row of `bank` with the largest cosine similarity,
 * the first of them where several have it. No gradient flows through it.
 *
 * This is how NNCLR looks a sample up in its support set (Dwibedi et al. 2021,
 * arXiv:2104.14548, section 3).
 *
 * @param x `[batch, features]`; its rows may have any length.
 * @param bank `[rows, features]`, each row of length 1.
 * @returns `[batch, features]`, rows of the bank.
 */
export function nearestRows(x: tf.Tensor2D, bank: tf.Tensor2D): tf.Tensor2D {
  // The length of a row of x divides all its similarities alike.
  const similarities = tf.matMul(stopGradient(x), bank, false, true);
  return gatherRows(bank, tf.argMax(similarities, 1));
}
