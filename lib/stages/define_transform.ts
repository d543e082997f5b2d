/** @file Augmentations: transforms of images. */
import type * as tf from "@tensorflow/tfjs";
import type { Random } from "../ops/random.ts";
import type { Definition } from "./define.ts";

/** `[channels, height, width]` of one image. */
export type PixelShape = readonly [number, number, number];

/**
 * A transform of images, vectorised over the batch.
 *
 * Tensors are `[batch, channels, height, width]` (planar), float32 in 0..1
 * until a `normalize`.
 */
export interface TransformDefinition<Options = unknown>
  extends Definition<Options> {
  /** Tells definitions apart. */
  readonly kind: "transform";
  /** Whether evaluation applies it too, without randomness. */
  readonly evaluation: boolean;
  /** Why it changes no image with these options, where that is so. */
  idle?(options: Options): string | undefined;
  /** Shape after it: `[channels, height, width]`. */
  shape(shape: PixelShape, options: Options): PixelShape;
  /**
   * Transforms a batch. `random` draws one value a sample.
   *
   * @param random Draws one value a sample; throws in evaluation.
   */
  apply(images: tf.Tensor4D, options: Options, random: Random): tf.Tensor4D;
}

/** Defines an augmentation transform. */
export function defineTransform<O>(
  definition: Omit<TransformDefinition<O>, "kind">,
): TransformDefinition {
  return { kind: "transform", ...definition } as TransformDefinition;
}
