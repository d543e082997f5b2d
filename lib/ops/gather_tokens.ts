/** @file Chosen tokens of each sample. */
import * as tf from "@tensorflow/tfjs";

/**
 * Tokens of each sample by their numbers, which may be computed: visible
 * patches of a mask, or all of them in another order. Differentiable with
 * respect to the tokens; one that is taken twice gets the sum of both
 * gradients.
 *
 * @param tokens `[batch, n, channels]`
 * @param indices int32 `[batch, k]`, each in 0..n-1; the engine refuses others
 * when it runs.
 * @returns `[batch, k, channels]`
 */
export function gatherTokens(
  tokens: tf.Tensor3D,
  indices: tf.Tensor2D,
): tf.Tensor3D {
  return tf.gather(tokens, indices, 1, 1);
}
