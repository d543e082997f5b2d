/** @file Points of a plane for rows of numbers: principal components, clusters, UMAP. */
import { UMAP } from "umap-js";

/** Rows of numbers, each of length 1. */
export interface Rows {
  /** `[count, width]`, row-major. */
  readonly data: Float32Array;
  readonly count: number;
  readonly width: number;
}

/** mulberry32: the same points for the same rows. */
function dice(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Directions beside those that are wanted: they make the iteration converge. */
const BESIDE = 6;
const ROUNDS = 15;

/** Makes vectors orthonormal, in place (modified Gram-Schmidt). */
function orthonormalize(vectors: readonly Float64Array[]): void {
  vectors.forEach((vector, i) => {
    for (const other of vectors.slice(0, i)) {
      let dot = 0;
      for (let j = 0; j < vector.length; j++) {
        dot += (vector[j] as number) * (other[j] as number);
      }
      for (let j = 0; j < vector.length; j++) {
        vector[j] = (vector[j] as number) - dot * (other[j] as number);
      }
    }
    const norm = Math.hypot(...vector) || 1;
    for (let j = 0; j < vector.length; j++) {
      vector[j] = (vector[j] as number) / norm;
    }
  });
}

/** What principal components come to. */
export interface Principal {
  /** `[count, 2]`. */
  readonly points: Float32Array;
  /** Share of the variance that each of the two holds. */
  readonly shares: readonly [number, number];
}

/**
 * The two principal components of rows, by subspace iteration (Halko et al.
 * 2011, arXiv:0909.4061) on the rows about their mean.
 */
export function principal({ data, count, width }: Rows): Principal {
  const mean = new Float64Array(width);
  for (let at = 0; at < count * width; at++) {
    mean[at % width] = (mean[at % width] as number) +
      (data[at] as number) / count;
  }
  let variance = 0;
  for (let at = 0; at < count * width; at++) {
    variance += ((data[at] as number) - (mean[at % width] as number)) ** 2;
  }
  const random = dice(1);
  const many = Math.min(width, 2 + BESIDE);
  let basis = Array.from(
    { length: many },
    () => Float64Array.from({ length: width }, () => random() - 0.5),
  );
  orthonormalize(basis);
  const projected = new Float64Array(many);
  const project = (row: number): void => {
    basis.forEach((vector, k) => {
      let dot = 0;
      for (let j = 0; j < width; j++) {
        dot += ((data[row * width + j] as number) - (mean[j] as number)) *
          (vector[j] as number);
      }
      projected[k] = dot;
    });
  };
  for (let round = 0; round < ROUNDS; round++) {
    const next = basis.map(() => new Float64Array(width));
    for (let row = 0; row < count; row++) {
      project(row);
      next.forEach((vector, k) => {
        const weight = projected[k] as number;
        for (let j = 0; j < width; j++) {
          vector[j] = (vector[j] as number) + weight *
              ((data[row * width + j] as number) - (mean[j] as number));
        }
      });
    }
    basis = next;
    orthonormalize(basis);
  }
  const points = new Float32Array(2 * count);
  const held: [number, number] = [0, 0];
  for (let row = 0; row < count; row++) {
    project(row);
    for (const k of [0, 1] as const) {
      const x = projected[k] ?? 0;
      points[2 * row + k] = x;
      held[k] += x * x;
    }
  }
  return {
    points,
    shares: [held[0] / (variance || 1), held[1] / (variance || 1)],
  };
}

const LLOYD = 12;

/** Clusters of rows: k-means with k-means++ (Arthur and Vassilvitskii 2007). */
export function clusters({ data, count, width }: Rows, k: number): Int32Array {
  const random = dice(2);
  const distance = (row: number, centre: Float64Array): number => {
    let sum = 0;
    for (let j = 0; j < width; j++) {
      sum += ((data[row * width + j] as number) - (centre[j] as number)) ** 2;
    }
    return sum;
  };
  const centreOf = (row: number): Float64Array =>
    Float64Array.from(data.subarray(row * width, (row + 1) * width));
  const centres = [centreOf(Math.floor(random() * count))];
  const nearest = new Float64Array(count).fill(Infinity);
  while (centres.length < Math.min(k, count)) {
    const last = centres.at(-1) as Float64Array;
    let total = 0;
    for (let row = 0; row < count; row++) {
      nearest[row] = Math.min(nearest[row] as number, distance(row, last));
      total += nearest[row] as number;
    }
    let left = random() * total;
    let row = 0;
    while (row < count - 1 && (left -= nearest[row] as number) > 0) row++;
    centres.push(centreOf(row));
  }
  const own = new Int32Array(count);
  for (let round = 0; round < LLOYD; round++) {
    let moved = false;
    const sums = centres.map(() => new Float64Array(width));
    const sizes = new Float64Array(centres.length);
    for (let row = 0; row < count; row++) {
      let [best, least] = [0, Infinity];
      centres.forEach((centre, c) => {
        const d = distance(row, centre);
        if (d < least) [best, least] = [c, d];
      });
      if (own[row] !== best) moved = true;
      own[row] = best;
      sizes[best] = (sizes[best] as number) + 1;
      const sum = sums[best] as Float64Array;
      for (let j = 0; j < width; j++) {
        sum[j] = (sum[j] as number) + (data[row * width + j] as number);
      }
    }
    if (!moved && round > 0) break;
    sums.forEach((sum, c) => {
      const size = sizes[c] as number;
      if (size > 0) centres[c] = sum.map((x) => x / size);
    });
  }
  return own;
}

/** Nearest rows of each row, itself first. */
export interface Nearest {
  readonly k: number;
  /** `[count, k]`. */
  readonly rows: Int32Array;
  /** `[count, k]`: cosine similarities. */
  readonly similarity: Float32Array;
}

/**
 * UMAP of rows by their nearest neighbours (McInnes et al. 2018,
 * arXiv:1802.03426).
 *
 * @param tell Called with the share that is done.
 * @returns `[count, 2]`.
 */
export function umap(
  { k, rows, similarity }: Nearest,
  tell: (share: number) => void,
): Float32Array {
  const count = rows.length / k;
  const lists = <T extends Int32Array | Float32Array>(
    values: T,
    map: (value: number) => number,
  ): number[][] =>
    Array.from(
      { length: count },
      (_, row) => Array.from(values.subarray(row * k, (row + 1) * k), map),
    );
  const map = new UMAP({
    nComponents: 2,
    nNeighbors: k,
    minDist: 0.1,
    random: dice(3),
  });
  map.setPrecomputedKNN(
    lists(rows, (row) => row),
    lists(similarity, (value) => Math.max(0, 1 - value)),
  );
  // It counts the rows; what they are it has from their neighbours.
  const epochs = map.initializeFit(Array.from({ length: count }, () => [0]));
  for (let epoch = 0; epoch < epochs; epoch++) {
    map.step();
    if (epoch % 5 === 0) tell(epoch / epochs);
  }
  return Float32Array.from(map.getEmbedding().flat());
}
