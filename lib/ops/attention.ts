/** @file Scaled dot-product attention of several heads (Vaswani et al. 2017, arXiv:1706.03762). */
import * as tf from "@tensorflow/tfjs";
import { executeRaw } from "../trace/backend.ts";
import { bool, type } from "./attrs.ts";
import { differentiable } from "./differentiable.ts";
import { kept } from "./kept.ts";

/**
 * Products of the last two dimensions; not differentiable.
 *
 * Recorded as `BatchMatMul`, which the low-precision pass takes for a layer's
 * product; `tf.matMul`, which losses use, is recorded as `BatchMatMulV2`.
 */
function products(
  a: tf.Tensor,
  b: tf.Tensor,
  transpose: { readonly a?: boolean; readonly b?: boolean } = {},
): tf.Tensor {
  const attrs = {
    T: type("float32"),
    adj_x: bool(transpose.a ?? false),
    adj_y: bool(transpose.b ?? false),
  };
  return executeRaw("BatchMatMul", attrs, [a, b])[0] as tf.Tensor;
}

/**
 * Queries, keys and values, each `[batch, heads, tokens, size]`, of
 * `[batch, tokens, 3 · heads · size]`.
 */
function split(qkv: tf.Tensor3D, heads: number): tf.Tensor[] {
  const [batch, tokens, all] = qkv.shape;
  const parts = tf.reshape(qkv, [batch, tokens, 3, heads, all / 3 / heads]);
  return tf.unstack(tf.transpose(parts, [2, 0, 3, 1, 4]));
}

/** The other way round. */
function join(parts: tf.Tensor[]): tf.Tensor3D {
  const [batch, heads, tokens, size] = parts[0]?.shape as [
    number,
    number,
    number,
    number,
  ];
  const all = tf.transpose(tf.stack(parts), [1, 3, 0, 2, 4]);
  return tf.reshape(all, [batch, tokens, parts.length * heads * size]);
}

/**
 * Each token becomes a mean of all tokens' values, weighted by
 * `softmax(q · k / sqrt(size))`, in each head by itself.
 *
 * The backward pass reads queries, keys, values and weights.
 *
 * @param qkv `[batch, tokens, 3 · width]`: queries, then keys, then values, in
 * each of them one head after another.
 * @param heads How many; divides the width.
 * @returns `[batch, tokens, width]`
 */
export function selfAttention(qkv: tf.Tensor3D, heads: number): tf.Tensor3D {
  const scale = Math.sqrt((3 * heads) / qkv.shape[2]);
  return differentiable([qkv], {
    forward(save) {
      const [q, k, v] = split(qkv, heads) as [tf.Tensor, tf.Tensor, tf.Tensor];
      const logits = products(tf.mul(q, scale), k, { b: true });
      const weights = tf.softmax(logits);
      save([q, k, v, weights].map(kept));
      return join([products(weights, v)]);
    },
    backward(dy, saved) {
      const [q, k, v, weights] = saved as [
        tf.Tensor,
        tf.Tensor,
        tf.Tensor,
        tf.Tensor,
      ];
      const [batch, tokens, width] = dy.shape as [number, number, number];
      const out = tf.transpose(
        tf.reshape(dy, [batch, tokens, heads, width / heads]),
        [0, 2, 1, 3],
      );
      // Scaled here, where the numbers are fewest.
      const slopes = products(tf.mul(out, scale), v, { b: true });
      const weighted = tf.mul(weights, slopes);
      const mean = tf.sum(weighted, -1, true);
      const logits = tf.sub(weighted, tf.mul(weights, mean));
      return [
        join([
          products(logits, k),
          products(logits, q, { a: true }),
          products(weights, out, { a: true }),
        ]),
      ];
    },
  });
}
