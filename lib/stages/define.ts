/** @file What a stage is: the contract between pipelines, graphs and tfjs code. */
import type * as tf from "@tensorflow/tfjs";
import type { z } from "zod";
import type { Layer, ParameterScope } from "../layers/layer.ts";
import type { Random } from "../ops/random.ts";

/**
 * What flows between stages: one tensor a view, all of the same shape.
 *
 * `shape` leaves out the first dimension, which is the batch, or `rows` for
 * a value that does not come from the batch (a queue).
 */
export interface Signature {
  /** Views that it has. */
  readonly views: number;
  /** Lengths of the dimensions after the first. */
  readonly shape: readonly number[];
  /** First dimension where it is not the batch. */
  readonly rows?: number;
}

/** Text of a signature's tensor, such as `[batch, 512]`. */
export function showShape({ shape, rows }: Signature): string {
  return `[${[rows ?? "batch", ...shape].join(", ")}]`;
}

/** A stage cannot take the shape or the options it was given. */
export class ShapeError extends Error {
  /** Tells it from other errors. */
  override readonly name = "ShapeError";
}

/** What every definition of a stage has. */
export interface Definition<Options> {
  /** Name in YAML, such as `resnet18`. */
  readonly name: string;
  /** One sentence for the reference page and the editor. */
  readonly summary: string;
  /** Paper or source of the formula, with its address. */
  readonly reference?: string;
  /** Schema of its keys in YAML. */
  readonly options: z.ZodType<Options>;
}

/** A network with parameters: an encoder, a projector or a predictor. */
export interface ModuleDefinition<Options = unknown>
  extends Definition<Options> {
  /** Tells definitions apart. */
  readonly kind: "module";
  /** Which of the three roles it can play. */
  readonly roles: readonly ModuleRole[];
  /**
   * Declares the parameters in `scope` and returns the network.
   *
   * @param shape Shape of one sample, without the batch.
   * @throws {ShapeError} When it cannot take that shape.
   */
  build(
    scope: ParameterScope,
    shape: readonly number[],
    options: Options,
  ): { readonly shape: readonly number[]; readonly layer: Layer };
}

/** Roles of a {@linkcode ModuleDefinition}; each is a key of the YAML. */
export type ModuleRole = "encode" | "project" | "predict";

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
  /** Shape after it: `[channels, height, width]`. */
  shape(
    shape: readonly [number, number, number],
    options: Options,
  ): readonly [number, number, number];
  /**
   * Transforms a batch. `random` draws one value a sample.
   *
   * @param random Draws one value a sample; throws in evaluation.
   */
  apply(images: tf.Tensor4D, options: Options, random: Random): tf.Tensor4D;
}

/** What a loss sees besides the pair. */
export interface LossContext {
  /** Negatives from a queue, `[rows, features]`, one row a negative. */
  readonly negatives?: tf.Tensor2D;
}

/** A loss between two views' embeddings. */
export interface LossDefinition<Options = unknown> extends Definition<Options> {
  /** Tells definitions apart. */
  readonly kind: "loss";
  /** Whether it reads `negatives:`. */
  readonly negatives: "required" | "none";
  /**
   * Least and collapse-related values for monitors, given rows and features.
   * `floor` is reached by a constant embedding; `uniform` is the value of a
   * classifier that tells nothing apart.
   */
  landmarks?(
    options: Options,
    sizes: { readonly batch: number; readonly negatives: number },
  ): { readonly floor?: number; readonly uniform?: number };
  /**
   * Computes the loss of a pair of views.
   *
   * @param a `[batch, features]`
   * @param b `[batch, features]`
   * @returns A scalar.
   */
  apply(
    a: tf.Tensor2D,
    b: tf.Tensor2D,
    options: Options,
    context: LossContext,
  ): tf.Scalar;
}

/** Defines a network; a definition is one file and one line in its registry. */
export function defineModule<O>(
  definition: Omit<ModuleDefinition<O>, "kind">,
): ModuleDefinition {
  return { kind: "module", ...definition } as ModuleDefinition;
}

/** Defines an augmentation transform. */
export function defineTransform<O>(
  definition: Omit<TransformDefinition<O>, "kind">,
): TransformDefinition {
  return { kind: "transform", ...definition } as TransformDefinition;
}

/** Defines a loss. */
export function defineLoss<O>(
  definition: Omit<LossDefinition<O>, "kind">,
): LossDefinition {
  return { kind: "loss", ...definition } as LossDefinition;
}
