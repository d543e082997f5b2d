/** @file Options and helpers that transforms share. */
import * as tf from "@tensorflow/tfjs";
import { z } from "zod";
import type { Random } from "../../ops/random.ts";
import { ShapeError } from "../define.ts";

/** Probability of applying a transform to a sample. */
export const probability = (value: number): z.ZodDefault<z.ZodNumber> =>
  z.number().min(0).max(1).default(value).describe(
    "Probability for each sample, 0..1",
  );

/** Shape of one planar image. */
export type PlanarShape = readonly [number, number, number];

/** @throws {ShapeError} Unless the image has three channels. */
export function expectColor(shape: PlanarShape): PlanarShape {
  if (shape[0] !== 3) {
    throw new ShapeError(`expected 3 colour channels, got ${shape[0]}`);
  }
  return shape;
}

/** 1 for the samples that a transform applies to and 0 for the others, `[batch]`. */
export function chosen(
  random: Random,
  batch: number,
  probability: number,
): tf.Tensor1D {
  const drawn = tf.less(random.uniform([batch]), probability);
  return tf.cast(drawn, "float32") as tf.Tensor1D;
}

/** `[batch]` as `[batch, 1, ...]` of a rank. */
export function spreadOver(x: tf.Tensor1D, rank: number): tf.Tensor {
  return tf.reshape(x, [x.shape[0], ...Array<number>(rank - 1).fill(1)]);
}

/** Luma of ITU-R BT.601, as torchvision rounds it. */
export const LUMA: readonly [number, number, number] = [0.2989, 0.587, 0.114];
