/** @file Gaussian error linear unit (Hendrycks and Gimpel 2016, arXiv:1606.08415). */
import * as tf from "@tensorflow/tfjs";
import type { Again } from "./affine.ts";
import { differentiable } from "./differentiable.ts";
import { kept } from "./kept.ts";

/** Ways to compute it: by its definition, or nearly, as GPT-2 and BEiT do. */
export type GeluForm = "erf" | "tanh";

interface Form {
  /** Φ(x), the share of a standard normal below `x`, or what stands for it. */
  below(x: tf.Tensor): tf.Tensor;
  /** Its slope, given its value. */
  slope(x: tf.Tensor, below: tf.Tensor): tf.Tensor;
}

/** Of `Φ(x) ≈ (1 + tanh(a (x + b x³))) / 2`. */
const [A, B] = [Math.sqrt(2 / Math.PI), 0.044715];

const half = (x: tf.Tensor): tf.Tensor => tf.add(tf.mul(x, 0.5), 0.5);

const FORMS: Readonly<Record<GeluForm, Form>> = {
  erf: {
    below: (x) => half(tf.erf(tf.mul(x, Math.SQRT1_2))),
    // Density of the standard normal.
    slope: (x) =>
      tf.mul(
        tf.exp(tf.mul(tf.square(x), -0.5)),
        1 / Math.sqrt(2 * Math.PI),
      ),
  },
  tanh: {
    below: (x) =>
      half(tf.tanh(tf.mul(x, tf.add(tf.mul(tf.square(x), A * B), A)))),
    // (1 - tanh²) / 2 = 2 Φ (1 - Φ), times the slope of tanh's argument.
    slope: (x, below) =>
      tf.mul(
        tf.mul(below, tf.sub(1, below)),
        tf.add(tf.mul(tf.square(x), 6 * A * B), 2 * A),
      ),
  },
};

/** GELU as an op, for {@linkcode affineAfter}; of its own, {@linkcode gelu}. */
export function geluOp(x: tf.Tensor, form: GeluForm = "erf"): Again {
  const { below, slope } = FORMS[form];
  const value = (x: tf.Tensor): tf.Tensor => tf.mul(x, below(x));
  return {
    forward(save) {
      save([kept(x)]);
      return value(x);
    },
    again: ([x]) => value(x as tf.Tensor),
    backward(dy, saved) {
      const [x] = saved as [tf.Tensor];
      const share = below(x);
      return [tf.mul(dy, tf.add(share, tf.mul(x, slope(x, share))))];
    },
  };
}

/** `x Φ(x)`, of any shape; the backward pass reads `x` alone. */
export const gelu = (x: tf.Tensor, form?: GeluForm): tf.Tensor =>
  differentiable([x], geluOp(x, form));
