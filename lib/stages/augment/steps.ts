/** @file Lists of transforms: what they do to a shape, to images, and in evaluation. */
import * as tf from "@tensorflow/tfjs";
import type { Random } from "../../ops/random.ts";
import type { PixelShape, TransformDefinition } from "../define_transform.ts";
import { expectShape, runUserCode } from "../user_code.ts";
import { resize } from "../transforms/resize.ts";
import { isUserFile } from "../user_file.ts";

/** One transform with its options. */
export interface TransformStep {
  /** What it does. */
  readonly definition: TransformDefinition;
  /** As the definition's schema gives them. */
  readonly options: unknown;
}

/** Shape of images after transforms. */
export const shapeAfter = (
  steps: readonly TransformStep[],
  image: PixelShape,
): PixelShape =>
  steps.reduce(
    (shape, { definition, options }) => definition.shape(shape, options),
    image,
  );

/**
 * The transforms that evaluation keeps. Where it leaves out a crop, the largest
 * centred square of an image is resized to what the network was trained on.
 */
export function evaluationSteps(
  steps: readonly TransformStep[],
  image: PixelShape,
): readonly TransformStep[] {
  const kept = steps.filter(({ definition }) => definition.evaluation);
  const [, height, width] = shapeAfter(steps, image);
  const [, ...sides] = shapeAfter(kept, image);
  if (height !== width || `${sides}` === `${[height, width]}`) return kept;
  const options = { size: height, fit: "cover" };
  return [...kept, { definition: resize, options }];
}

/**
 * Applies transforms and turns planar images into `[batch, height, width, channels]`.
 *
 * @param stage Whose transforms they are, for messages.
 */
export function applySteps(
  images: tf.Tensor4D,
  steps: readonly TransformStep[],
  random: Random,
  stage: string,
): tf.Tensor4D {
  const planar = steps.reduce((value, { definition, options }) => {
    const [batch, ...shape] = value.shape;
    const after = definition.shape(shape as [number, number, number], options);
    return runUserCode(definition.name, stage, () => {
      const images = definition.apply(value, options, random);
      if (isUserFile(definition.name)) expectShape(images, [batch, ...after]);
      return images;
    });
  }, images);
  return tf.transpose(planar, [0, 2, 3, 1]);
}
