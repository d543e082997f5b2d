/** @file Numbers that Python draws, too: tests/fixtures/make_drawn.py. */
import { sizeOf, type TensorData } from "../../lib/ir/dtype.ts";
import { close, Dice, numbers } from "./numeric.ts";

/** What PyTorch found of a gradient. */
export interface Gradient {
  readonly name: string;
  readonly length: number;
  /** Its product with a drawn direction. */
  readonly along: number;
}

/** Even around `middle`, up to half of `spread` away. */
export function drawn(
  seed: number,
  shape: readonly number[],
  spread: number,
  middle = 0,
): TensorData {
  const dice = new Dice(seed);
  return dice.tensor(shape, () => middle + spread * (dice.unit() - 0.5));
}

/** A network's variable by its number and path. */
export function firstValue(
  seed: number,
  path: string,
  shape: readonly number[],
): TensorData {
  return path.endsWith("kernel")
    ? drawn(seed, shape, 2 * sizeOf(shape.slice(0, -1)) ** -0.5)
    : drawn(seed, shape, 0.5, path.endsWith("scale") ? 1 : 0);
}

/** Asserts that gradients are those that PyTorch found, by length and slope. */
export function closeGradients(
  expected: readonly Gradient[],
  gradientOf: (i: number) => readonly number[],
  shapeOf: (i: number) => readonly number[],
  tolerance: number,
): void {
  const product = (a: readonly number[], b: readonly number[]): number =>
    a.reduce((sum, v, k) => sum + v * (b[k] as number), 0);
  expected.forEach(({ name, length, along }, i) => {
    const gradient = gradientOf(i);
    const direction = numbers(drawn(3000 + i, shapeOf(i), 2));
    close(
      [Math.sqrt(product(gradient, gradient)), product(gradient, direction)],
      [length, along],
      tolerance * length,
      `length and slope of ${name},`,
    );
  });
}
