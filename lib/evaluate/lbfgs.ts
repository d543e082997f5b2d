/**
 * @file L-BFGS for smooth convex functions (Liu and Nocedal 1989,
 * doi:10.1007/BF01589116), with a line search by bisection (Lewis and Overton
 * 2013, doi:10.1007/s10107-012-0514-2).
 */

/** A function's value and gradient in a place. */
export interface Slope {
  readonly value: number;
  readonly gradient: Float64Array;
}

/** When a search ends. */
export interface LbfgsOptions {
  /** Most steps. */
  readonly iterations: number;
  /** It has converged when no part of the gradient is larger. */
  readonly tolerance: number;
}

/** Where a search ended. */
export interface Minimum {
  readonly x: Float64Array;
  readonly value: number;
  /** Steps that it took. */
  readonly iterations: number;
  /** Whether the gradient had gone, or nothing lower could be found. */
  readonly converged: boolean;
}

/** Pairs of steps and changes of the gradient that are kept. */
const MEMORY = 10;
/** Of a step: how much of the decrease that the slope promises, and of the slope. */
const [ARMIJO, CURVATURE] = [1e-4, 0.9];
const MOST_TRIALS = 25;

/** Loops, and no calls for each number: there may be a hundred thousand. */
function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i] as number) * (b[i] as number);
  return sum;
}

function along(x: Float64Array, d: Float64Array, t: number): Float64Array {
  const at = new Float64Array(x.length);
  for (let i = 0; i < x.length; i++) {
    at[i] = (x[i] as number) + t * (d[i] as number);
  }
  return at;
}

function largest(x: Float64Array): number {
  let most = 0;
  for (let i = 0; i < x.length; i++) {
    most = Math.max(most, Math.abs(x[i] as number));
  }
  return most;
}

interface Pair {
  /** Step. */
  readonly s: Float64Array;
  /** Change of the gradient. */
  readonly y: Float64Array;
  readonly rho: number;
}

/** Minus the gradient times the inverse of the curvature that was seen. */
function direction(gradient: Float64Array, pairs: readonly Pair[]) {
  let d: Float64Array = gradient.map((value) => -value);
  const alphas = pairs.toReversed().map(({ s, y, rho }) => {
    const alpha = rho * dot(s, d);
    d = along(d, y, -alpha);
    return alpha;
  }).reverse();
  const last = pairs.at(-1);
  if (last) {
    const scale = 1 / (last.rho * dot(last.y, last.y));
    d = d.map((value) => scale * value);
  }
  pairs.forEach(({ s, y, rho }, i) => {
    d = along(d, s, (alphas[i] as number) - rho * dot(y, d));
  });
  return d;
}

/** Minimises a function, from a place on. */
export async function lbfgs(
  slopeAt: (x: Float64Array) => Promise<Slope>,
  start: Float64Array,
  { iterations, tolerance }: LbfgsOptions,
): Promise<Minimum> {
  let x = start;
  let { value, gradient } = await slopeAt(x);
  const pairs: Pair[] = [];
  for (let step = 0; step < iterations; step++) {
    const done = { x, value, iterations: step, converged: true };
    if (largest(gradient) <= tolerance) return done;
    const d = direction(gradient, pairs);
    const descent = dot(gradient, d);
    // Rounding has eaten what was left.
    if (!(descent < 0)) return done;
    let [low, high] = [0, Number.POSITIVE_INFINITY];
    let t = pairs.length > 0 ? 1 : Math.min(1, 1 / Math.sqrt(-descent));
    let found: (Slope & { readonly x: Float64Array }) | undefined;
    for (let trial = 0; trial < MOST_TRIALS; trial++) {
      const at = along(x, d, t);
      const slope = await slopeAt(at);
      if (!(slope.value <= value + ARMIJO * t * descent)) high = t;
      else {
        found = { ...slope, x: at };
        if (dot(slope.gradient, d) >= CURVATURE * descent) break;
        low = t;
      }
      t = Number.isFinite(high) ? (low + high) / 2 : 2 * low;
    }
    if (!found) return done;
    const s = along(found.x, x, -1);
    const y = along(found.gradient, gradient, -1);
    const bend = dot(s, y);
    if (bend > 1e-12 * dot(y, y)) pairs.push({ s, y, rho: 1 / bend });
    if (pairs.length > MEMORY) pairs.shift();
    ({ x, value, gradient } = found);
  }
  return { x, value, iterations, converged: false };
}
