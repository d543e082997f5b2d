/** @file Features of mean 0 and deviation 1, by the training rows alone. */
import type { Features } from "./features.ts";

/** What is taken off each column, and what it is multiplied by then. */
export interface Moments {
  readonly mean: Float32Array;
  readonly scale: Float32Array;
}

/** Mean and standard deviation of each column of the training features. */
export function momentsOf({ count, width, data }: Features): Moments {
  const mean = new Float64Array(width);
  const square = new Float64Array(width);
  for (let i = 0; i < data.length; i++) {
    const column = i % width;
    mean[column] = (mean[column] as number) + (data[i] as number) / count;
  }
  for (let i = 0; i < data.length; i++) {
    const column = i % width;
    const off = (data[i] as number) - (mean[column] as number);
    square[column] = (square[column] as number) + off * off / count;
  }
  const scale = square.map((value) => 1 / Math.sqrt(Math.max(value, 1e-8)));
  return { mean: Float32Array.from(mean), scale: Float32Array.from(scale) };
}

/** Features with the moments taken off. */
export function standardised(
  { data, width, ...features }: Features,
  { mean, scale }: Moments,
): Features {
  const moved = data.map((value, i) =>
    (value - (mean[i % width] as number)) * (scale[i % width] as number)
  );
  return { ...features, width, data: moved };
}
