/** @file Gaussian error linear unit (Hendrycks and Gimpel 2016, arXiv:1606.08415). */
import * as tf from "@tensorflow/tfjs";
import type { Again } from "./affine.ts";
import { differentiable } from "./differentiable.ts";
import { kept } from "./kept.ts";

/** Ways to compute it: by its definition, or nearly, as GPT-2 and BEiT do. */
export type GeluForm = "erf" | "tanh";

interface Form {
  /** `2 Φ(x) - 1`, for the share Φ of a standard normal below `x`, or nearly. */
  sign(x: tf.Tensor): tf.Tensor;
  /** Its slope, given its value. */
  slope(x: tf.Tensor, sign: tf.Tensor): tf.Tensor;
}

/** Of `Φ(x) ≈ (1 + tanh(a (x + b x³))) / 2`. */
const [A, B] = [Math.sqrt(2 / Math.PI), 0.044715];

const forErf = (x: tf.Tensor): tf.Tensor => tf.mul(x, Math.SQRT1_2);

const FORMS: Readonly<Record<GeluForm, Form>> = {
  erf: {
    sign: (x) => tf.erf(forErf(x)),
    // Twice the density of the standard normal, its factor in the exponent.
    slope: (x) =>
      tf.exp(tf.sub(Math.log(2 / Math.PI) / 2, tf.square(forErf(x)))),
  },
  tanh: {
    sign: (x) => tf.tanh(tf.mul(x, tf.add(tf.mul(tf.square(x), A * B), A))),
    slope: (x, sign) =>
      tf.mul(
        tf.sub(1, tf.square(sign)),
        tf.add(tf.mul(tf.square(x), 3 * A * B), A),
      ),
  },
};

/**
 * Twice the GELU, `x + x (2 Φ(x) - 1)`, as an op for {@linkcode affineAfter}:
 * the half is for the weights that read it, which are fewer. The backward pass
 * reads `x` alone.
 */
export function twiceGeluOp(x: tf.Tensor, form: GeluForm = "erf"): Again {
  const { sign, slope } = FORMS[form];
  const value = (x: tf.Tensor): tf.Tensor => tf.add(x, tf.mul(x, sign(x)));
  return {
    forward(save) {
      save([kept(x)]);
      return value(x);
    },
    again: ([x]) => value(x as tf.Tensor),
    backward(dy, saved) {
      const [x] = saved as [tf.Tensor];
      const s = sign(x);
      const rest = tf.add(s, tf.mul(x, slope(x, s)));
      return [tf.add(dy, tf.mul(dy, rest))];
    },
  };
}

/** `x Φ(x)`, of any shape; the backward pass reads `x` alone. */
export const gelu = (x: tf.Tensor, form?: GeluForm): tf.Tensor =>
  tf.mul(differentiable([x], twiceGeluOp(x, form)), 0.5);
