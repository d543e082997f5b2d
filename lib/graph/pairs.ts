/** @file Which views of its two sides a loss compares. */
import type { LossStage, Reference } from "../pipeline/pipeline.ts";
import type { Signature } from "../stages/define.ts";

/** Pairs of view numbers that a loss compares. */
export function pairsOf(
  { pairs, between: [left, right] }: LossStage,
  a: Signature,
  b: Signature,
): readonly (readonly [number, number])[] {
  const views = (reference: Reference, { views }: Signature): number[] =>
    reference.view === undefined
      ? Array.from({ length: views }, (_, i) => i)
      : [reference.view];
  const all = views(left, a).flatMap((i) =>
    views(right, b).map((j) => [i, j] as const)
  );
  const keep = {
    cross: ([i, j]: readonly [number, number]) => i !== j,
    unordered: ([i, j]: readonly [number, number]) => i < j,
    same: ([i, j]: readonly [number, number]) => i === j,
    all: () => true,
  };
  return all.filter(keep[pairs]);
}
