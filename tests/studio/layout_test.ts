/** @file Points of a plane for embeddings, and how a stage's output is spread. */
import assert from "@std/assert";
import { nearestTo } from "../../lib/studio/embedding.ts";
import { clusters, principal, umap } from "../../lib/studio/layout.ts";
import { spreadAndRank } from "../../lib/studio/stage_state.ts";
import { Dice } from "../helpers/numeric.ts";

/** Rows of unit length about some centres. */
function rowsAbout(centres: number, each: number, width: number) {
  const dice = new Dice(5);
  const data = new Float32Array(centres * each * width);
  for (let row = 0; row < centres * each; row++) {
    const own = data.subarray(row * width, (row + 1) * width);
    for (let j = 0; j < width; j++) {
      own[j] = 0.1 * (dice.unit() - 0.5) +
        (j === Math.floor(row / each) ? 1 : 0);
    }
    const length = Math.hypot(...own);
    for (let j = 0; j < width; j++) own[j] = (own[j] as number) / length;
  }
  return { data, count: centres * each, width };
}

Deno.test("The components hold the variance that there is, the larger first", () => {
  // Along two directions of 6, with deviations of 3 and 1.
  const dice = new Dice(6);
  const [count, width] = [500, 6];
  const data = new Float32Array(count * width);
  const truth: [number, number][] = [];
  for (let row = 0; row < count; row++) {
    const [a, b] = [3 * (dice.unit() - 0.5), dice.unit() - 0.5];
    truth.push([a, b]);
    // (1, 1, 0, 0, 0, 0) / sqrt 2 and (0, 0, 1, -1, 0, 0) / sqrt 2, about 5.
    [a, a, b, -b, 0, 0].forEach((x, j) => {
      data[row * width + j] = 5 + x / Math.SQRT2;
    });
  }
  const { points, shares } = principal({ data, count, width });
  assert.ok(Math.abs(shares[0] + shares[1] - 1) < 1e-5, `${shares}`);
  assert.ok(Math.abs(shares[0] - 0.9) < 0.02, `${shares}`);
  const mean = truth.reduce((sum, [a]) => sum + a, 0) / count;
  const sign = Math.sign((points[0] as number) * ((truth[0]?.[0] ?? 0) - mean));
  truth.forEach(([a], row) => {
    const off = sign * (points[2 * row] as number) - (a - mean);
    assert.ok(Math.abs(off) < 0.05, `${off}`);
  });
});

Deno.test("Clusters are found, and neighbours are of one's own, by UMAP too", () => {
  const rows = rowsAbout(3, 40, 8);
  const own = clusters(rows, 3);
  for (let group = 0; group < 3; group++) {
    assert.equal(new Set(own.slice(group * 40, (group + 1) * 40)).size, 1);
  }
  assert.equal(new Set(own).size, 3);
  const k = 10;
  const nearest = {
    k,
    rows: new Int32Array(rows.count * k),
    similarity: new Float32Array(rows.count * k),
  };
  for (let row = 0; row < rows.count; row++) {
    const near = [
      { row, similarity: 1 },
      ...nearestTo(rows, row, k - 1),
    ];
    near.forEach((one, i) => {
      assert.equal(Math.floor(one.row / 40), Math.floor(row / 40));
      nearest.rows[row * k + i] = one.row;
      nearest.similarity[row * k + i] = one.similarity;
    });
  }
  const points = umap(nearest, () => {});
  const centre = (group: number): [number, number] => {
    let [x, y] = [0, 0];
    for (let row = group * 40; row < (group + 1) * 40; row++) {
      x += (points[2 * row] as number) / 40;
      y += (points[2 * row + 1] as number) / 40;
    }
    return [x, y];
  };
  const centres = [0, 1, 2].map(centre);
  for (let row = 0; row < rows.count; row++) {
    const distances = centres.map(([x, y]) =>
      Math.hypot(
        (points[2 * row] as number) - x,
        (points[2 * row + 1] as number) - y,
      )
    );
    assert.equal(
      distances.indexOf(Math.min(...distances)),
      Math.floor(row / 40),
    );
  }
});

Deno.test("Spread and rank tell a collapse from none", () => {
  const dice = new Dice(7);
  const [count, width] = [400, 16];
  const of = (value: (row: number, j: number) => number) =>
    spreadAndRank(
      Float32Array.from(
        { length: count * width },
        (_, at) => value(Math.floor(at / width), at % width),
      ),
      count,
      width,
    );
  const even = of(() => dice.unit() - 0.5);
  assert.ok(even.spread > 0.95 && even.spread <= 1.001, `${even.spread}`);
  assert.ok(even.rank > 14, `${even.rank}`);
  const alike = of((_, j) => j + 1);
  assert.ok(alike.spread < 1e-3);
  assert.equal(alike.rank, 1);
  const line = Array.from({ length: count }, () => dice.unit() - 0.5);
  const few = of((row, j) => (j + 1) * (line[row] as number));
  assert.ok(Math.abs(few.rank - 1) < 1e-3, `${few.rank}`);
});
