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

/** A part of a batch, whose random numbers are those of its rows in the whole. */
export interface Share {
  /** Which part, an int32 scalar that counts from 0. */
  readonly index: tf.Scalar;
  /** Rows of a part. */
  readonly rows: number;
  /** Parts. */
  readonly of: number;
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
   * @param share Where the batch is drawn for in parts.
   */
  constructor(
    readonly seed: number,
    readonly place: string,
    readonly step: tf.Scalar,
    readonly share?: Share | undefined,
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
    const { share } = this;
    if (!share || shape[0] !== share.rows) return this.#drawWhole(op, shape);
    const rest = shape.slice(1);
    const whole = this.#drawWhole(op, [share.rows * share.of, ...rest]);
    const first = tf.reshape(
      tf.mul(share.index, tf.scalar(share.rows, "int32")),
      [1],
    );
    const begin = rest.length > 0
      ? tf.concat([first, tf.zeros([rest.length], "int32")], 0)
      : first;
    const size = tf.tensor1d([...shape], "int32");
    const attrs = { T: type("float32"), Index: type("int32") };
    return executeRaw("Slice", attrs, [whole, begin, size])[0] as tf.Tensor;
  }

  #drawWhole(op: string, shape: readonly number[]): tf.Tensor {
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
