/** @file Positions as sines and cosines, in two dimensions. */
import * as tf from "@tensorflow/tfjs";

/** Period of the slowest wave, in 2 pi places. */
const SLOWEST = 10_000;

/**
 * Fixed positions of a grid's places: the first half of the features tells the
 * column, the second the row; in each half all sines, then all cosines. As MAE
 * (He et al. 2021, arXiv:2111.06377) and MoCo v3 (Chen et al. 2021,
 * arXiv:2104.02057) have them.
 *
 * @param grid Rows and columns.
 * @param width Features; a multiple of 4.
 * @returns `[rows · columns, width]`, row after row.
 */
export function sincosPosition(
  [rows, columns]: readonly [number, number],
  width: number,
): tf.Tensor2D {
  const waves = Array.from(
    { length: width / 4 },
    (_, i) => SLOWEST ** (-4 * i / width),
  );
  const code = (place: number): number[] => [
    ...waves.map((wave) => Math.sin(place * wave)),
    ...waves.map((wave) => Math.cos(place * wave)),
  ];
  const all = Array.from(
    { length: rows * columns },
    (_, i) => [...code(i % columns), ...code(Math.floor(i / columns))],
  );
  return tf.tensor2d(all);
}
