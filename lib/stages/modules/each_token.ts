/** @file Networks of embeddings, for tokens. */
import * as tf from "@tensorflow/tfjs";
import type { Layer } from "../../layers/layer.ts";

/**
 * A network of `[rows, features]` that takes tokens, too, each as a row:
 * `[batch, tokens, features]` to `[batch, tokens, out]`.
 */
export const ofEachToken = (layer: Layer): Layer => (x, run) => {
  if (x.rank !== 3) return layer(x, run);
  const [batch, tokens, features] = x.shape as [number, number, number];
  const rows = layer(tf.reshape(x, [batch * tokens, features]), run);
  return tf.reshape(rows, [batch, tokens, -1]);
};
