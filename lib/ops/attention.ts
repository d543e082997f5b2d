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
 * Parts by their heads, each `[batch, heads, tokens, size]`, of
 * `[batch, tokens, parts · heads · size]`: queries, keys, values.
 */
function split(x: tf.Tensor, parts: number, heads: number): tf.Tensor[] {
  const [batch, tokens, all] = x.shape as [number, number, number];
  const size = all / parts / heads;
  const apart = tf.reshape(x, [batch, tokens, parts, heads, size]);
  return tf.unstack(tf.transpose(apart, [2, 0, 3, 1, 4]));
}

/** The other way round. */
function join(parts: readonly tf.Tensor[]): tf.Tensor3D {
  const [batch, heads, tokens, size] = parts[0]?.shape as [
    number,
    number,
    number,
    number,
  ];
  const all = tf.transpose(tf.stack([...parts]), [1, 3, 0, 2, 4]);
  return tf.reshape(all, [batch, tokens, parts.length * heads * size]);
}

/** Of tensors `[batch, heads, tokens, size]`. */
interface Heads {
  readonly q: tf.Tensor;
  readonly k: tf.Tensor;
  readonly v: tf.Tensor;
}

const scaleOf = ({ shape }: tf.Tensor): number =>
  1 / Math.sqrt(shape.at(-1) ?? 1);

function forward(
  { q, k, v }: Heads,
  bias: tf.Tensor4D | undefined,
  save: (tensors: tf.Tensor[]) => void,
): tf.Tensor3D {
  const logits = products(tf.mul(q, scaleOf(q)), k, { b: true });
  const weights = tf.softmax(bias ? tf.add(logits, bias) : logits);
  save([q, k, v, weights].map(kept));
  return join([products(weights, v)]);
}

/** Gradients of queries, keys and values, and of the bias where there is one. */
function backward(
  dy: tf.Tensor,
  saved: tf.Tensor[],
  bias: tf.Tensor4D | undefined,
): Heads & { readonly biases: readonly tf.Tensor[] } {
  const [q, k, v, weights] = saved as [
    tf.Tensor,
    tf.Tensor,
    tf.Tensor,
    tf.Tensor,
  ];
  const [out] = split(dy, 1, q.shape[1] as number) as [tf.Tensor];
  // Scaled here, where the numbers are fewest.
  const slopes = products(tf.mul(out, scaleOf(q)), v, { b: true });
  const weighted = tf.mul(weights, slopes);
  const mean = tf.sum(weighted, -1, true);
  const logits = tf.sub(weighted, tf.mul(weights, mean));
  // A bias is added to the logits once they are scaled.
  const ofBias = (bias: tf.Tensor4D): tf.Tensor =>
    tf.div(
      bias.shape[0] === logits.shape[0] ? logits : tf.sum(logits, 0, true),
      scaleOf(q),
    );
  return {
    q: products(logits, k),
    k: products(logits, q, { a: true }),
    v: products(weights, out, { a: true }),
    biases: bias ? [ofBias(bias)] : [],
  };
}

/**
 * Each token becomes a mean of all tokens' values, weighted by
 * `softmax(q · k / sqrt(size) + bias)`, in each head by itself.
 *
 * The backward pass reads queries, keys, values and weights.
 *
 * @param qkv `[batch, tokens, 3 · width]`: queries, then keys, then values, in
 * each of them one head after another.
 * @param heads How many; divides the width.
 * @param bias `[1 or batch, heads, tokens, tokens]`; 0 by default.
 * @returns `[batch, tokens, width]`
 */
export function selfAttention(
  qkv: tf.Tensor3D,
  heads: number,
  bias?: tf.Tensor4D,
): tf.Tensor3D {
  return differentiable(bias ? [qkv, bias] : [qkv], {
    forward(save) {
      const [q, k, v] = split(qkv, 3, heads) as [
        tf.Tensor,
        tf.Tensor,
        tf.Tensor,
      ];
      return forward({ q, k, v }, bias, save);
    },
    backward(dy, saved) {
      const { q, k, v, biases } = backward(dy, saved, bias);
      return [join([q, k, v]), ...biases];
    },
  });
}

/**
 * The same for the queries of other tokens, or of some of them.
 *
 * @param q `[batch, asking, width]`
 * @param kv `[batch, tokens, 2 · width]`: keys, then values.
 * @param bias `[1 or batch, heads, asking, tokens]`; 0 by default.
 * @returns `[batch, asking, width]`
 */
export function crossAttention(
  q: tf.Tensor3D,
  kv: tf.Tensor3D,
  heads: number,
  bias?: tf.Tensor4D,
): tf.Tensor3D {
  return differentiable(bias ? [q, kv, bias] : [q, kv], {
    forward(save) {
      const [queries] = split(q, 1, heads) as [tf.Tensor];
      const [k, v] = split(kv, 2, heads) as [tf.Tensor, tf.Tensor];
      return forward({ q: queries, k, v }, bias, save);
    },
    backward(dy, saved) {
      const { q, k, v, biases } = backward(dy, saved, bias);
      return [join([q]), join([k, v]), ...biases];
    },
  });
}
