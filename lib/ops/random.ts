/** @file Random numbers that are a function of seed, step and place. */
import * as tf from "@tensorflow/tfjs";
import { executeRaw } from "../trace/backend.ts";
import { type } from "./attrs.ts";

/** Draws tensors; each call is a new, independent stream. */
export interface Random {
  /** Uniform in `low` (included) to `high` (excluded). */
  uniform(shape: readonly number[], low?: number, high?: number): tf.Tensor;
  /** Standard normal. */
  normal(shape: readonly number[]): tf.Tensor;
}

/** 32-bit FNV-1a hash of a text, as a signed integer. */
export function hash32(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) {
    hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  }
  return hash | 0;
}

/**
 * A stream of TensorFlow's stateless (Philox) random ops. What it draws
 * depends only on the seed, the place and the step, so a resumed run draws
 * what the uninterrupted one would have.
 */
export class StatelessRandom implements Random {
  #draws = 0;

  /**
   * @param seed Seed of the run.
   * @param place Who draws, such as `views/0`.
   * @param step int32 scalar that changes with every step.
   */
  constructor(
    readonly seed: number,
    readonly place: string,
    readonly step: tf.Scalar,
  ) {}

  uniform(shape: readonly number[], low = 0, high = 1): tf.Tensor {
    const unit = this.#draw("StatelessRandomUniform", shape);
    return low === 0 && high === 1
      ? unit
      : tf.add(tf.mul(unit, high - low), low);
  }

  normal(shape: readonly number[]): tf.Tensor {
    return this.#draw("StatelessRandomNormal", shape);
  }

  #draw(op: string, shape: readonly number[]): tf.Tensor {
    const key = hash32(`${this.seed}/${this.place}/${this.#draws++}`);
    const seed = tf.stack([tf.scalar(key, "int32"), this.step]);
    const attrs = {
      dtype: type("float32"),
      T: type("int32"),
      Tseed: type("int32"),
    };
    const dims = tf.tensor1d([...shape], "int32");
    return executeRaw(op, attrs, [dims, seed])[0] as tf.Tensor;
  }
}
