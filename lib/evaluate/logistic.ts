/**
 * @file Linear probe that converges: multinomial logistic regression on
 * standardised features, its penalty chosen on held-out training rows.
 */
import { ITERATIONS, PENALTIES } from "../model/probe.ts";
import { epochOrder } from "../data/shuffle.ts";
import type { Programs } from "../compile/runtime.ts";
import { top1 } from "./accuracy.ts";
import { rowsOf } from "./labelled.ts";
import type { Labelled } from "./probe_set.ts";
import { type Model, SoftmaxSolver } from "./softmax_solver.ts";
import { momentsOf, standardised } from "./standardise.ts";

/** Settings of {@linkcode logisticWinners}. */
export interface LogisticOptions {
  /**
   * Penalties to choose from, as scikit-learn's `C`: what is minimised is `C`
   * times the sum of the losses, plus half the squared weights.
   */
  readonly c?: readonly number[];
  /** Most steps of the solver, for each. */
  readonly iterations?: number;
}

/** What a converged probe says. */
export interface LogisticResult {
  /** For each test row the class that it gives. */
  readonly winners: Int32Array;
  /** The penalty that was chosen. */
  readonly c: number;
  /** Whether the solver converged with it. */
  readonly converged: boolean;
  /** Steps that the last fit took. */
  readonly iterations: number;
}

/** One training row in so many is held out to choose the penalty. */
const HELD_OUT = 5;
/** Penalties that may be no better before weaker ones are not tried. */
const PATIENCE = 1;

/** Rows that are held out: the same share of each class, by a fixed shuffle. */
export function heldOut(labels: Int32Array, seed = 0): Uint8Array {
  const held = new Uint8Array(labels.length);
  const seen = new Map<number, number>();
  for (const row of epochOrder(seed, 0, labels.length)) {
    const label = labels[row] as number;
    const number = (seen.get(label) ?? 0) + 1;
    seen.set(label, number);
    // The first stays to be learnt from.
    if (number % HELD_OUT === 2) held[row] = 1;
  }
  return held;
}

/** The penalty that is right about most of the rows that are held out. */
async function choose(
  solver: SoftmaxSolver,
  train: Labelled,
  penalties: readonly number[],
  iterations: number,
  signal?: AbortSignal,
): Promise<number> {
  const mask = heldOut(train.labels);
  const held = rowsOf(train, [...mask.keys()].filter((row) => mask[row]));
  const [first = 1] = penalties;
  if (penalties.length < 2) return first;
  // Too few to tell: what scikit-learn takes where nothing is said.
  if (held.labels.length === 0) return penalties.includes(1) ? 1 : first;
  const counts = Float32Array.from(mask, (one) => 1 - one);
  let best = { c: first, accuracy: -1 };
  let model: Model | undefined;
  let worse = 0;
  for (const c of penalties.toSorted((a, b) => a - b)) {
    const start = model?.start;
    model = await solver.fit({ counts, c, iterations, start, signal });
    const winners = await solver.classify(model, held.features, signal);
    const accuracy = top1(winners, held.labels);
    if (accuracy > best.accuracy) {
      best = { c, accuracy };
      worse = 0;
    } else if (++worse > PATIENCE) break;
  }
  return best.c;
}

/**
 * Fits a linear classifier to its end, on training features of mean 0 and
 * deviation 1.
 *
 * @param classes Number of classes.
 */
export async function logisticWinners(
  programs: Programs,
  train: Labelled,
  test: Labelled,
  classes: number,
  { c: penalties = PENALTIES, iterations = ITERATIONS }: LogisticOptions = {},
  signal?: AbortSignal,
): Promise<LogisticResult> {
  const moments = momentsOf(train.features);
  const even = {
    labels: train.labels,
    features: standardised(train.features, moments),
  };
  const solver = await SoftmaxSolver.on(programs, even, classes);
  const c = await choose(solver, even, penalties, iterations, signal);
  const counts = new Float32Array(even.labels.length).fill(1);
  const model = await solver.fit({ counts, c, iterations, signal });
  const features = standardised(test.features, moments);
  return {
    winners: await solver.classify(model, features, signal),
    c,
    converged: model.converged,
    iterations: model.iterations,
  };
}
