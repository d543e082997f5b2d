/** @file Layers of a stage, counted from its end. */
import type { Variable } from "../layers/layer.ts";

/** Blocks are called so by every network that has some: `block3`, `block2.0`. */
const BLOCK = /^block/;

/** What every block reads, such as relative positions, moves as the last layer, as in timm, BEiT and SimMIM. */
const OF_ALL = /^relative_position$/;

/**
 * How many layers stand between a variable and its stage's end, as layer-wise
 * decay counts them: what comes before the first block is one layer, each block
 * is one, what comes after the last is one. Without blocks, each part of the
 * stage is a layer.
 */
export function layerDepths(
  stage: string,
  variables: readonly Variable[],
): ReadonlyMap<Variable, number> {
  const partOf = ({ path }: Variable): string =>
    path.slice(stage.length + 1).split("/")[0] ?? "";
  const parts = [...new Set(variables.map(partOf))];
  const first = parts.findIndex((part) => BLOCK.test(part));
  const last = parts.findLastIndex((part) => BLOCK.test(part));
  const layerOf = (part: string): number => {
    const place = parts.indexOf(part);
    if (first < 0) return place;
    const isLast = place > last || OF_ALL.test(part);
    if (place < first && !isLast) return 0;
    return isLast ? last - first + 2 : place - first + 1;
  };
  const layers = new Map(
    variables.map((variable) => [variable, layerOf(partOf(variable))]),
  );
  const top = Math.max(0, ...layers.values());
  return new Map(
    [...layers].map(([variable, layer]) => [variable, top - layer]),
  );
}
