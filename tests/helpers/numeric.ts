/** @file Numbers for tests: fixed random ones, eager runs, finite differences. */
import assert from "@std/assert";
import * as tf from "@tensorflow/tfjs";
import { EagerContext } from "../../lib/engine/eager.ts";
import { sizeOf, type TensorData } from "../../lib/ir/dtype.ts";
import type { Run, Variable } from "../../lib/layers/layer.ts";
import type { Random } from "../../lib/ops/random.ts";
import { runEagerly, type Traceable } from "../../lib/trace/execution.ts";
import { engine } from "./engine.ts";

/** One for each test module: contexts are never closed while ops may run. */
export const context = new EagerContext(engine.api, {
  ...engine.config,
  intraThreads: 1,
});

/** Random numbers that are the same on every machine (mulberry32). */
export class Dice {
  #state: number;

  constructor(seed: number) {
    this.#state = seed | 0;
  }

  /** Uniform in 0 (included) to 1 (excluded). */
  unit(): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let z = Math.imul(this.#state ^ (this.#state >>> 15), this.#state | 1);
    z = (z + Math.imul(z ^ (z >>> 7), z | 61)) ^ z;
    return ((z ^ (z >>> 14)) >>> 0) / 2 ** 32;
  }

  /** A whole number below `end`. */
  below(end: number): number {
    return Math.floor(this.unit() * end);
  }

  /** One entry of a list. */
  pick<T>(list: readonly T[]): T {
    return list[this.below(list.length)] as T;
  }

  /** Standard normal (Box and Muller). */
  normal(): number {
    const radius = Math.sqrt(-2 * Math.log(1 - this.unit()));
    return radius * Math.cos(2 * Math.PI * this.unit());
  }

  /** A float32 tensor of `draw`, by default of standard normals. */
  tensor(
    shape: readonly number[],
    draw: () => number = () => this.normal(),
  ): TensorData {
    return float32(shape, Array.from({ length: sizeOf(shape) }, draw));
  }
}

/** A float32 tensor. */
export function float32(
  shape: readonly number[],
  values: ArrayLike<number>,
): TensorData {
  assert.equal(values.length, sizeOf(shape));
  return { dtype: "float32", shape, data: Float32Array.from(values) };
}

/** Values of a tensor as plain numbers. */
export const numbers = ({ data }: TensorData): number[] =>
  Array.from(data, Number);

/** The rows of a matrix. */
export function rows({ shape, data }: TensorData): number[][] {
  const width = sizeOf(shape.slice(1));
  return Array.from(
    { length: shape[0] as number },
    (_, i) => Array.from(data.subarray(i * width, (i + 1) * width), Number),
  );
}

/** Runs `body` op by op on the given tensors. */
export function compute<T extends Record<string, tf.Tensor>>(
  inputs: readonly TensorData[],
  body: (...tensors: tf.Tensor[]) => T,
): { [K in keyof T]: TensorData } {
  const feeds = Object.fromEntries(inputs.map((value, i) => [`${i}`, value]));
  const traceable: Traceable = (execution) =>
    body(
      ...inputs.map(({ shape, dtype }, i) =>
        execution.feed(`${i}`, shape, dtype)
      ),
    );
  return runEagerly(context, traceable, feeds) as {
    [K in keyof T]: TensorData;
  };
}

/** Asserts that tensors agree within an absolute tolerance. */
export function close(
  actual: ArrayLike<number>,
  expected: ArrayLike<number>,
  tolerance: number,
  what = "value",
): void {
  assert.equal(actual.length, expected.length, `length of ${what}`);
  for (let i = 0; i < expected.length; i++) {
    const [a, e] = [actual[i] as number, expected[i] as number];
    assert.ok(
      Math.abs(a - e) <= tolerance,
      `${what} ${i} is ${a}, expected ${e} within ${tolerance}`,
    );
  }
}

const dot = (a: ArrayLike<number>, b: ArrayLike<number>): number => {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i] as number) * (b[i] as number);
  return sum;
};
const norm = (a: ArrayLike<number>): number => Math.sqrt(dot(a, a));

/** How {@linkcode checkGradients} goes about it. */
export interface GradientCheck {
  /**
   * Steps as a share of the input's length; one of them must agree. A value
   * with kinks needs several: those that cross one see another slope.
   */
  readonly steps?: readonly number[];
  /** Largest error, as a share of a typical slope (see below). */
  readonly tolerance?: number;
  /** Random directions for each input. */
  readonly directions?: number;
  readonly seed?: number;
}

/**
 * Asserts that tfjs's gradients of a function agree with differences.
 *
 * The function's value is weighted with fixed random numbers and added up in
 * float64. Its slope along a direction is taken from four values (an error of
 * the fourth order in the step). Float32 leaves noise of about 1e-7 / step in
 * it, hence steps of about a hundredth. The directions are random ones, which
 * see what the gradient lacks, and the gradient's own, along which the slope
 * stands out of the noise the most.
 *
 * Along a random direction in n dimensions a slope of `|g| / sqrt(n)` is
 * typical, so errors are measured by that; a wrong gradient is off by about 1.
 */
export function checkGradients(
  inputs: readonly TensorData[],
  f: (...tensors: tf.Tensor[]) => tf.Tensor,
  { steps = [1e-2], tolerance = 1e-3, directions = 3, seed = 1 }:
    GradientCheck = {},
): void {
  const dice = new Dice(seed);
  const value = (at: readonly TensorData[]): TensorData =>
    compute(at, (...tensors) => ({ y: f(...tensors) })).y;
  const weights = dice.tensor(value(inputs).shape);
  const sum = (at: readonly TensorData[]): number =>
    dot(value(at).data as Float32Array, weights.data as Float32Array);
  const gradients = compute([...inputs, weights], (...tensors) => {
    const dy = tensors.pop() as tf.Tensor;
    const all = tf.grads((...xs: tf.Tensor[]) => f(...xs))(tensors, dy);
    return Object.fromEntries(all.map((g, i) => [`${i}`, g]));
  });
  inputs.forEach((input, place) => {
    const x = numbers(input);
    const gradient = numbers(gradients[`${place}`] as TensorData);
    assert.equal(gradient.length, x.length);
    const length = norm(gradient);
    assert.ok(length > 0, `the gradient of input ${place} is 0`);
    const along = (direction: readonly number[], unit: number): void => {
      const analytic = dot(gradient, direction);
      const seen: number[] = [];
      for (const step of steps) {
        const h = step * Math.max(norm(x), 1e-3);
        const at = (count: number): number => {
          const moved = x.map((v, k) =>
            v + count * h * (direction[k] as number)
          );
          return sum(inputs.with(place, float32(input.shape, moved)));
        };
        const numeric = (8 * (at(1) - at(-1)) - (at(2) - at(-2))) / (12 * h);
        if (Math.abs(numeric - analytic) / unit <= tolerance) return;
        seen.push(numeric);
      }
      assert.fail(
        `input ${place}: slope ${analytic}, differences give ${seen} (unit ${unit})`,
      );
    };
    for (let k = 0; k < directions; k++) {
      const drawn = x.map(() => dice.normal());
      const size = norm(drawn);
      along(drawn.map((v) => v / size), length / Math.sqrt(x.length));
    }
    along(gradient.map((v) => v / length), length);
  });
}

/** A {@linkcode Run} whose variables have given values. */
export class FixedRun implements Run {
  readonly updates = new Map<string, tf.Tensor>();

  constructor(
    readonly values: ReadonlyMap<string, tf.Tensor>,
    readonly training = true,
  ) {}

  read({ path }: Variable): tf.Tensor {
    const value = this.updates.get(path) ?? this.values.get(path);
    return value ?? assert.fail(`no value for ${path}`);
  }

  update({ path }: Variable, value: tf.Tensor): void {
    this.updates.set(path, value);
  }

  random(place: string): Random {
    return assert.fail(
      `no random numbers at ${place}`,
    );
  }

  scope<T>(_: string, body: () => T): T {
    return body();
  }
}

/** A {@linkcode Random} that returns known numbers, drawn in 0..1. */
export class Scripted implements Random {
  /** Ranges that were asked for. */
  readonly ranges: (readonly [number, number])[] = [];
  #next = 0;

  constructor(readonly draws: readonly (readonly number[])[]) {}

  uniform(shape: readonly number[], low = 0, high = 1): tf.Tensor {
    const draw: readonly number[] = this.draws[this.#next++] ??
      assert.fail("more numbers were drawn than the script has");
    assert.equal(draw.length, sizeOf(shape));
    this.ranges.push([low, high]);
    const values = draw.map((unit) => low + unit * (high - low));
    return tf.tensor(values, [...shape], "float32");
  }

  normal(): tf.Tensor {
    return assert.fail("no transform draws normals");
  }

  /** Asserts that every number was drawn. */
  finish(): void {
    assert.equal(this.#next, this.draws.length, "numbers left over");
  }
}

/**
 * Largest distance of a sample's distribution from the uniform one in 0..1,
 * times sqrt(n) (Kolmogorov and Smirnov). Above 1.95 in one of 1000 samples.
 */
export function distanceFromUniform(sample: readonly number[]): number {
  const sorted = [...sample].sort((a, b) => a - b);
  const n = sorted.length;
  const gaps = sorted.map((x, i) => Math.max(x - i / n, (i + 1) / n - x));
  return gaps.reduce((most, gap) => Math.max(most, gap), 0) * Math.sqrt(n);
}
