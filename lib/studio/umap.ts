/**
 * @file UMAP of rows by their nearest neighbours (McInnes et al. 2018,
 * arXiv:1802.03426): in flat arrays, so that tens of thousands of rows take
 * seconds.
 */
import { dice } from "./dice.ts";

/** Nearest rows of each row, itself first. */
export interface Nearest {
  readonly k: number;
  /** `[count, k]`. */
  readonly rows: Int32Array;
  /** `[count, k]`: cosine similarities. */
  readonly similarity: Float32Array;
}

/** Of the curve 1 / (1 + a d^2b) that fits a least distance of 0.1 (umap-learn's `find_ab_params(1, 0.1)`). */
const [A, B] = [1.57694346, 0.895060879] as const;
/** Rows that push a row away, for each that pulls it. */
const NEGATIVES = 5;
/** No step is longer, in the plane. */
const MOST = 4;
/** The start reaches so far from its middle. */
const REACH = 10;
const BISECTIONS = 64;
const TOLERANCE = 1e-5;
/** Widths are no smaller than this share of the mean distance. */
const LEAST_WIDTH = 1e-3;

/** Rounds over all edges: of few rows more, for they are cheap. */
const roundsOf = (count: number): number =>
  count <= 2500 ? 500 : count <= 5000 ? 400 : count <= 7500 ? 300 : 200;

/** Width at which a row's neighbours, told from its nearest, count log2(k) in all. */
function widthOf(distances: Float64Array, nearest: number): number {
  const wanted = Math.log2(distances.length);
  let [low, high, width] = [0, Infinity, 1];
  for (let i = 0; i < BISECTIONS; i++) {
    let sum = 0;
    for (let j = 1; j < distances.length; j++) {
      const beyond = (distances[j] as number) - nearest;
      sum += beyond > 0 ? Math.exp(-beyond / width) : 1;
    }
    if (Math.abs(sum - wanted) < TOLERANCE) break;
    if (sum > wanted) high = width;
    else low = width;
    width = high === Infinity ? 2 * width : (low + high) / 2;
  }
  return width;
}

/** How much each row belongs to each of its neighbours, `[count, k]`, from 0 to 1. */
function memberships({ k, rows, similarity }: Nearest): Float64Array {
  const distance = Float64Array.from(similarity, (s) => Math.max(0, 1 - s));
  const overall = distance.reduce((sum, d) => sum + d, 0) /
    (distance.length || 1);
  const found = new Float64Array(distance.length);
  for (let row = 0; row < rows.length / k; row++) {
    const own = distance.subarray(row * k, (row + 1) * k);
    const nearest = own.find((d) => d > 0) ?? 0;
    const mean = nearest > 0 ? own.reduce((sum, d) => sum + d, 0) / k : overall;
    const width = Math.max(widthOf(own, nearest), LEAST_WIDTH * mean) || 1;
    for (let j = 0; j < k; j++) {
      const beyond = (own[j] as number) - nearest;
      found[row * k + j] = rows[row * k + j] === row
        ? 0
        : beyond > 0
        ? Math.exp(-beyond / width)
        : 1;
    }
  }
  return found;
}

/** Pairs of rows that pull each other, each once, with how much. */
interface Edges {
  readonly from: Int32Array;
  readonly to: Int32Array;
  readonly weight: Float64Array;
}

/** Pairs of which one is a neighbour of the other: a + b - ab of both memberships. */
function edgesOf(nearest: Nearest): Edges {
  const { k, rows } = nearest;
  const own = memberships(nearest);
  const [from, to, weight]: [number[], number[], number[]] = [[], [], []];
  for (let at = 0; at < rows.length; at++) {
    const [a, row, other] = [
      own[at] as number,
      Math.floor(at / k),
      rows[at] as number,
    ];
    if (a === 0) continue;
    const back = rows.subarray(other * k, (other + 1) * k).indexOf(row);
    const b = back < 0 ? 0 : own[other * k + back] as number;
    // A pair that both name is taken once.
    if (b > 0 && other < row) continue;
    from.push(row);
    to.push(other);
    weight.push(a + b - a * b);
  }
  return {
    from: Int32Array.from(from),
    to: Int32Array.from(to),
    weight: Float64Array.from(weight),
  };
}

/** The start about its middle and scaled, a little shaken: what lies on one place has to part. */
function placed(start: Float32Array, random: () => number): Float64Array {
  const count = start.length / 2;
  const middle = [0, 0];
  start.forEach((x, i) =>
    middle[i % 2] = (middle[i % 2] as number) + x / count
  );
  const about = Float64Array.from(
    start,
    (x, i) => x - (middle[i % 2] as number),
  );
  const far = about.reduce((most, x) => Math.max(most, Math.abs(x)), 0) || 1;
  return about.map((x) => x * REACH / far + 1e-3 * (random() - 0.5));
}

const clipped = (value: number): number =>
  value > MOST ? MOST : value < -MOST ? -MOST : value;

/**
 * Places in the plane, from where the principal components put them.
 *
 * @param start `[count, 2]`.
 * @param tell Called with the share that is done.
 * @returns `[count, 2]`; the same for the same rows.
 */
export function umap(
  nearest: Nearest,
  start: Float32Array,
  tell: (share: number) => void,
): Float32Array {
  const count = start.length / 2;
  const random = dice(3);
  const places = placed(start, random);
  const { from, to, weight } = edgesOf(nearest);
  const rounds = roundsOf(count);
  const heaviest = weight.reduce((most, w) => Math.max(most, w), 0);
  // An edge takes part in as many rounds as its weight says.
  const every = weight.map((w) =>
    w * rounds < heaviest ? Infinity : heaviest / w
  );
  const next = every.slice();
  const nextAway = every.map((e) => e / NEGATIVES);
  /** Moves `one` towards `other`, which comes towards it, too. */
  const pull = (one: number, other: number, rate: number): void => {
    const [dx, dy] = [
      (places[2 * one] as number) - (places[2 * other] as number),
      (places[2 * one + 1] as number) - (places[2 * other + 1] as number),
    ];
    const d = dx * dx + dy * dy;
    if (d === 0) return;
    const power = d ** B;
    const force = -2 * A * B * power / (d * (A * power + 1));
    const [x, y] = [rate * clipped(force * dx), rate * clipped(force * dy)];
    places[2 * one] = (places[2 * one] as number) + x;
    places[2 * one + 1] = (places[2 * one + 1] as number) + y;
    places[2 * other] = (places[2 * other] as number) - x;
    places[2 * other + 1] = (places[2 * other + 1] as number) - y;
  };
  /** Moves `one` away from `other`, which stays. */
  const push = (one: number, other: number, rate: number): void => {
    const [dx, dy] = [
      (places[2 * one] as number) - (places[2 * other] as number),
      (places[2 * one + 1] as number) - (places[2 * other + 1] as number),
    ];
    const d = dx * dx + dy * dy;
    if (d === 0) return;
    const force = 2 * B / ((0.001 + d) * (A * d ** B + 1));
    places[2 * one] = (places[2 * one] as number) + rate * clipped(force * dx);
    places[2 * one + 1] = (places[2 * one + 1] as number) +
      rate * clipped(force * dy);
  };
  for (let round = 0; round < rounds; round++) {
    if (round % 5 === 0) tell(round / rounds);
    const rate = 1 - round / rounds;
    for (let edge = 0; edge < from.length; edge++) {
      if ((next[edge] as number) > round) continue;
      const [one, other] = [from[edge] as number, to[edge] as number];
      const step = every[edge] as number;
      const stepAway = step / NEGATIVES;
      const away = Math.floor((round - (nextAway[edge] as number)) / stepAway);
      next[edge] = (next[edge] as number) + step;
      nextAway[edge] = (nextAway[edge] as number) + away * stepAway;
      // Each end pulls the other, and is pushed by others.
      for (const [here, there] of [[one, other], [other, one]] as const) {
        pull(here, there, rate);
        for (let i = 0; i < away; i++) {
          const chance = Math.floor(random() * count);
          if (chance !== here) push(here, chance, rate);
        }
      }
    }
  }
  return Float32Array.from(places);
}
