import type * as tf from "@tensorflow/tfjs";
import { embeddingRank, embeddingStd } from "../../lib/monitor/signals.ts";
import {
  close,
  compute,
  Dice,
  float32,
  numbers,
  rows,
} from "../helpers/numeric.ts";
import type { TensorData } from "../../lib/ir/dtype.ts";

const signals = (z: TensorData): { std: number; rank: number } => {
  const { std, rank } = compute([z], (z) => ({
    std: embeddingStd(z as tf.Tensor2D),
    rank: embeddingRank(z as tf.Tensor2D),
  }));
  return { std: numbers(std)[0]!, rank: numbers(rank)[0]! };
};

/** Both from the covariance of the rows scaled to length 1, in float64. */
function reference(z: TensorData): { std: number; rank: number } {
  const unit = rows(z).map((row) => {
    const length = Math.sqrt(row.reduce((sum, v) => sum + v * v, 0));
    return row.map((v) => v / length);
  });
  const [n, features] = [unit.length, unit[0]!.length];
  const mean = (j: number): number =>
    unit.reduce((sum, row) => sum + row[j]!, 0) / n;
  const covariance = Array.from(
    { length: features },
    (_, i) =>
      Array.from(
        { length: features },
        (_, j) =>
          unit.reduce(
            (sum, row) => sum + (row[i]! - mean(i)) * (row[j]! - mean(j)),
            0,
          ) / n,
      ),
  );
  const diagonal = covariance.map((row, i) => row[i]!);
  const trace = diagonal.reduce((a, b) => a + b);
  const squares = covariance.flat().reduce((sum, v) => sum + v * v, 0);
  const deviations = diagonal.reduce((sum, v) => sum + Math.sqrt(v), 0);
  return {
    std: deviations / features * Math.sqrt(features),
    rank: trace ** 2 / squares,
  };
}

Deno.test("The signals are those of the embeddings' covariance", () => {
  const dice = new Dice(1);
  for (const scale of [1, 0.1]) {
    // More and fewer rows than features, around a centre that is not 0.
    for (const shape of [[40, 6], [5, 12]]) {
      const z = dice.tensor(shape, () => 0.5 + scale * dice.normal());
      const [ours, theirs] = [signals(z), reference(z)];
      close([ours.std], [theirs.std], 1e-4, "std");
      close([ours.rank], [theirs.rank], 1e-3 * theirs.rank, "rank");
    }
  }
});

Deno.test("Embeddings that spread over the sphere have deviation 1 and full rank", () => {
  const { std, rank } = signals(new Dice(2).tensor([4000, 8]));
  close([std], [1], 0.02);
  close([rank], [8], 0.1);
});

Deno.test("Embeddings that are all alike have deviation 0, and no direction", () => {
  const row = [0.3, -1, 2, 0.5];
  const { std, rank } = signals(float32([6, 4], Array(6).fill(row).flat()));
  close([std], [0], 1e-6);
  close([rank], [0], 1);
});

Deno.test("Embeddings on a line have rank 1", () => {
  const z = float32([6, 3], [
    1,
    2,
    2,
    -1,
    -2,
    -2,
    3,
    6,
    6,
    2,
    4,
    4,
    -5,
    -10,
    -10,
    1,
    2,
    2,
  ]);
  close([signals(z).rank], [1], 1e-4);
});
