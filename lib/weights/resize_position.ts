/** @file Learned positions of a vision transformer, for images of another size. */
import * as tf from "@tensorflow/tfjs";
import type { WiredStage } from "../graph/stage_graph.ts";
import type { TensorData } from "../ir/dtype.ts";
import type { Variable } from "../layers/layer.ts";
import { distances } from "../layers/relative_bias.ts";
import { type Grid, resizeRows } from "../ops/resize_grid.ts";

/** Positions as a network takes them, and what was done. */
export interface ResizedPosition {
  readonly value: TensorData;
  /** Such as `positions resized from 8x8 to 16x16 places`. */
  readonly said: string;
}

/** What is learned of a grid, a row for each element. */
interface Learned {
  /** What it has rows of, for a grid of patches. */
  readonly gridOf: (patches: Grid) => Grid;
  /** Where rows stand that are of no element, a class token's. */
  readonly others: "before" | "after";
  readonly called: readonly [what: string, elements: string];
}

/** Variables that are learned for a grid, by their names in the network. */
const LEARNED: Readonly<Record<string, Learned>> = {
  position: {
    gridOf: (patches) => patches,
    others: "before",
    called: ["positions", "places"],
  },
  relative_position: {
    gridOf: distances,
    others: "after",
    called: ["relative positions", "distances"],
  },
};

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
 * itself does for views of another size; what is of no patch, a class token's,
 * stays.
 *
 * @param floats `[..., rows, width]`
 * @returns `undefined` where they are no positions, or not of a square grid.
 */
export function resizedPosition(
  wired: WiredStage,
  { path, shape }: Variable,
  floats: TensorData,
): ResizedPosition | undefined {
  const [own = 0, width = 1] = shape;
  const learned = LEARNED[path.slice(`${wired.name}/`.length)];
  const patches = gridOf(wired);
  const isPosition = wired.code.startsWith("vit") &&
    floats.shape.at(-1) === width;
  if (!isPosition || !learned || !patches) return undefined;
  const to = learned.gridOf(patches);
  const others = own - to[0] * to[1];
  const rows = floats.data.length / width - others;
  const side = Math.sqrt(rows);
  if (!Number.isInteger(side) || side < 1 || others < 0) return undefined;
  const from: Grid = [side, side];
  // Outside of a step tfjs computes itself.
  const data = tf.tidy(() =>
    resizeRows(
      tf.tensor2d(floats.data as Float32Array, [rows + others, width]),
      from,
      to,
      learned.others,
    ).dataSync()
  );
  const [what, elements] = learned.called;
  return {
    value: {
      dtype: "float32",
      shape: [...shape],
      data: data as Float32Array<ArrayBuffer>,
    },
    said: `${what} resized from ${from.join("x")} to ${
      to.join("x")
    } ${elements}`,
  };
}
