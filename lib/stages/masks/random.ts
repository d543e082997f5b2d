/** @file Random masks (MAE). */
import * as tf from "@tensorflow/tfjs";
import { z } from "zod";
import { argsort } from "../../ops/argsort.ts";
import { defineStage, ShapeError, type StageDefinition } from "../define.ts";
import { gridOf, MASK, OF, partsOf, visibleOf } from "./kind.ts";

/**
 * Numbers of the patches in squares of `side` x `side` of them.
 *
 * @param squares Numbers of the squares, row after row, `[batch, squares]`.
 * @param columns Squares in a row.
 */
function patchesIn(
  squares: tf.Tensor2D,
  columns: number,
  side: number,
): tf.Tensor2D {
  const whole = (value: number) => tf.scalar(value, "int32");
  const row = tf.floorDiv(squares, whole(columns));
  const column = tf.sub(squares, tf.mul(row, whole(columns)));
  // A row of squares is `side` rows of patches.
  const corner = tf.add(
    tf.mul(row, whole(columns * side ** 2)),
    tf.mul(column, whole(side)),
  );
  const offsets = Array.from(
    { length: side ** 2 },
    (_, i) => Math.floor(i / side) * columns * side + i % side,
  );
  const all = tf.add(
    tf.expandDims(corner, 2),
    tf.tensor1d(offsets, "int32"),
  );
  return tf.reshape(all, [squares.shape[0], -1]);
}

/** A random share of the patches is hidden, other ones in every image and step. */
export const randomMask: StageDefinition = defineStage({
  key: MASK,
  name: "random",
  summary:
    "A random share of the patches is hidden; `.visible` and `.hidden` are their numbers",
  reference: "He et al. 2021, https://arxiv.org/abs/2111.06377, section 3",
  perImage: true,
  options: z.strictObject({
    patch: z.int().min(1).max(256).default(16).describe(
      "Side of a patch in pixels, as the encoder has it",
    ),
    mask_patch: z.int().min(1).max(1024).optional().describe(
      "Side in pixels of the squares that are hidden whole, a multiple of `patch`, which is the default",
    ),
    ratio: z.number().gt(0).lt(1).default(0.75).describe(
      "Share of the patches that is hidden",
    ),
  }),
  inputs: { of: OF },
  build(_scope, { of = [] }, { patch, mask_patch = patch, ratio }, { name }) {
    const side = mask_patch / patch;
    if (!Number.isInteger(side)) {
      throw new ShapeError(
        `expected \`mask_patch\` to be a multiple of \`patch\`, got ${mask_patch} and ${patch}`,
      );
    }
    const counts = of.map((type) => {
      const [rows, columns] = gridOf(type, mask_patch);
      const all = rows * columns;
      const what = side === 1 ? "patches" : "squares";
      return { rows, all, columns, visible: visibleOf(all, ratio, what) };
    });
    const parts = counts.map(({ rows, columns, all, visible }) => ({
      grid: [rows * side, columns * side] as const,
      visible: visible * side ** 2,
      hidden: (all - visible) * side ** 2,
    }));
    return {
      outputs: partsOf(name, parts),
      apply({ of: views = [] }, run) {
        const orders = views.map((x, view) => {
          const batch = x.shape[0] as number;
          const { all } = counts[view] as { readonly all: number };
          return argsort(run.random(`view${view}`).uniform([batch, all]));
        });
        const part = (from: "visible" | "hidden") =>
          orders.map((order, view) => {
            const { all, columns, visible } =
              counts[view] as typeof counts[number];
            const squares = from === "visible"
              ? tf.slice(order, [0, 0], [-1, visible])
              : tf.slice(order, [0, visible], [-1, all - visible]);
            return side === 1
              ? squares
              : patchesIn(squares as tf.Tensor2D, columns, side);
          });
        return { visible: part("visible"), hidden: part("hidden") };
      },
    };
  },
});
