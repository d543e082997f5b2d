/** @file The results of several seeds in a few numbers. */
import { mean, type Spread, spreadOf, standardError } from "../seeds.ts";
import type { Result } from "./results.ts";
import { type Method, METHODS, type Other, type Side } from "./training.ts";

/** Both sides of a method. */
export interface MethodSummary {
  readonly method: Method;
  readonly ours: Spread;
  readonly other: Spread;
  /** Ours less the other, in points, over the seeds that both have. */
  readonly difference: number;
  /** Standard error of the difference: the pairs have their first weights in common. */
  readonly error: number;
  /** Mean before training, in per cent, where the other side measured it. */
  readonly untrained: number;
}

/** Ours in float32 and another side: methods that both have results of. */
export function summarize(
  results: readonly Result[],
  side: Other,
): MethodSummary[] {
  return METHODS.flatMap((method) => {
    const of = (which: Side) =>
      results.filter((it) => it.method === method && it.side === which);
    const percents = (which: Side, pick: (result: Result) => number) =>
      of(which).map((it) => 100 * pick(it));
    const differences = spreadOf(
      of("ours").flatMap((mine) => {
        const other = of(side).find(({ seed }) => seed === mine.seed);
        return other ? [100 * (mine.knn - other.knn)] : [];
      }),
    );
    if (differences.count === 0) return [];
    return [{
      method,
      ours: spreadOf(percents("ours", (it) => it.knn)),
      other: spreadOf(percents(side, (it) => it.knn)),
      difference: differences.mean,
      error: standardError(differences),
      untrained: mean(
        percents(side, (it) => it.untrained ?? Number.NaN),
      ),
    }];
  });
}
