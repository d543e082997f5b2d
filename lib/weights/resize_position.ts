/** @file Learned positions of a vision transformer, for images of another size. */
import * as tf from "@tensorflow/tfjs";
import type { WiredStage } from "../graph/stage_graph.ts";
import type { TensorData } from "../ir/dtype.ts";
import type { Variable } from "../layers/layer.ts";
import { type Grid, resizeGrid } from "../ops/resize_grid.ts";

/** Positions as a network takes them, and what was done. */
export interface ResizedPosition {
  readonly value: TensorData;
  /** Such as `positions resized from 8x8 to 16x16 places`. */
  readonly said: string;
}

/** Rows and columns of patches that a network's positions are learned for. */
function gridOf({ stage, inputs }: WiredStage): Grid | undefined {
  const { patch, image_size: side } = stage.options as {
    readonly patch?: number;
    readonly image_size?: number;
  };
  const [image] = Object.values(inputs)[0] ?? [];
  const [height, width] = side ? [side, side] : image?.shape ?? [];
  return patch && height && width ? [height / patch, width / patch] : undefined;
}

/**
 * Resizes positions of a square grid to that of the network, as the network
 * itself does for views of another size; what stands before the grid, a class
 * token's position, stays.
 *
 * @param floats `[..., places, width]`
 * @returns `undefined` where they are no positions, or not of a square grid.
 */
export function resizedPosition(
  wired: WiredStage,
  { path, shape }: Variable,
  floats: TensorData,
): ResizedPosition | undefined {
  const [own = 0, width = 1] = shape;
  const to = gridOf(wired);
  const isPosition = wired.code.startsWith("vit") &&
    path === `${wired.name}/position` && floats.shape.at(-1) === width;
  if (!isPosition || !to) return undefined;
  const before = own - to[0] * to[1];
  const places = floats.data.length / width - before;
  const side = Math.sqrt(places);
  if (!Number.isInteger(side) || side < 1 || before < 0) return undefined;
  const from: Grid = [side, side];
  const data = floats.data as Float32Array;
  // Outside of a step tfjs computes itself.
  const resized = tf.tidy(() =>
    resizeGrid(
      tf.tensor2d(data.slice(before * width), [places, width]),
      from,
      to,
    ).dataSync()
  );
  const all = new Float32Array(own * width);
  all.set(data.subarray(0, before * width));
  all.set(resized, before * width);
  return {
    value: { dtype: "float32", shape: [...shape], data: all },
    said: `positions resized from ${from.join("x")} to ${to.join("x")} places`,
  };
}
