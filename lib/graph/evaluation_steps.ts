/** @file What evaluation does to images before a network sees them. */
import type { AugmentStage, TransformStep } from "../pipeline/pipeline.ts";
import { resize } from "../stages/transforms/resize.ts";
import type { StageGraph } from "./stage_graph.ts";

/** `[channels, height, width]` */
type ImageShape = StageGraph["image"];

/** Shape of images after transforms. */
export const shapeAfter = (
  steps: readonly TransformStep[],
  image: ImageShape,
): ImageShape =>
  steps.reduce(
    (shape, { definition, options }) => definition.shape(shape, options),
    image,
  );

/**
 * The transforms of a view that evaluation keeps. Where it leaves out a crop,
 * images are resized to what the network was trained on.
 */
export function evaluationSteps(
  { views }: AugmentStage,
  view: number,
  image: ImageShape,
): readonly TransformStep[] {
  const all = views[view] ?? [];
  const kept = all.filter(({ definition }) => definition.evaluation);
  const [, height, width] = shapeAfter(all, image);
  const [, ...sides] = shapeAfter(kept, image);
  if (height !== width || `${sides}` === `${[height, width]}`) return kept;
  return [...kept, { definition: resize, options: { size: height } }];
}
