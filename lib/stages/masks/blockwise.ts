/** @file Masks of blocks of many shapes (BEiT, iBOT). */
import * as tf from "@tensorflow/tfjs";
import { z } from "zod";
import { argsort } from "../../ops/argsort.ts";
import type { Random } from "../../ops/random.ts";
import { defineStage, ShapeError, type StageDefinition } from "../define.ts";
import { gridOf, MASK, OF, type Parted, partsOf, visibleOf } from "./kind.ts";

/** Blocks that are drawn: more than are needed, but for a chance that is next to none. */
const DRAWN = 16;

/** What is hidden of one view, in patches. */
interface Sizes extends Parted {
  /** Least patches of a block. */
  readonly least: number;
}

/** Which of its places each block covers on one axis, `[batch, blocks, places]`. */
function covered(
  random: Random,
  lengths: tf.Tensor,
  places: number,
): tf.Tensor {
  const [batch, blocks] = lengths.shape as [number, number];
  // Of the places where it fits, each as often.
  const free = tf.sub(places + 1, lengths);
  const start = tf.floor(tf.mul(random.uniform([batch, blocks]), free));
  const all = tf.range(0, places, 1, "float32");
  const from = tf.expandDims(start, 2);
  const to = tf.expandDims(tf.add(start, lengths), 2);
  return tf.logicalAnd(tf.greaterEqual(all, from), tf.less(all, to));
}

/** Numbers of all patches, the hidden ones first, `[batch, rows · columns]`. */
function order(
  random: Random,
  batch: number,
  { grid: [rows, columns], hidden, least }: Sizes,
  aspect: number,
): tf.Tensor2D {
  const shape = [batch, DRAWN];
  const area = random.uniform(shape, least, hidden);
  const log = Math.log(aspect);
  const ratio = tf.exp(random.uniform(shape, log, -log));
  const side = (square: tf.Tensor, most: number) =>
    tf.clipByValue(tf.round(tf.sqrt(square)), 1, most);
  const height = side(tf.mul(area, ratio), rows);
  const width = side(tf.div(area, ratio), columns);
  const inside = tf.logicalAnd(
    tf.expandDims(covered(random, height, rows), 3),
    tf.expandDims(covered(random, width, columns), 2),
  );
  // Of each patch the first block that covers it; the last one of an image is
  // cut where there are enough, row by row from its top or from its end: from one
  // alone, patches at the other would be seen more often.
  const all = rows * columns;
  const own = tf.range(0, all, 1, "float32");
  const reversed = tf.less(random.uniform([batch, 1]), 0.5);
  const inBlock = tf.where(reversed, tf.sub(all - 1, own), own);
  const turn = tf.reshape(tf.range(0, DRAWN, 1, "float32"), [1, DRAWN, 1, 1]);
  const first = tf.min(tf.where(inside, turn, tf.onesLike(turn).mul(DRAWN)), 1);
  const rank = tf.mul(tf.reshape(first, [batch, all]), all);
  const beside = tf.where(
    tf.less(rank, DRAWN * all),
    inBlock,
    random.uniform([batch, all], 0, all),
  );
  return argsort(tf.add(rank, beside));
}

/**
 * Blocks of drawn places, areas and shapes, as many as the share takes; the last
 * one is cut, since the shapes of a compiled step are fixed and as many patches
 * are hidden in every image. BEiT and iBOT draw each block's area up to what is
 * left to hide, and may hide less; blocks that they would draw again for being
 * too long are shortened here.
 */
export const blockwiseMask: StageDefinition = defineStage({
  key: MASK,
  name: "blockwise",
  summary:
    "Blocks of many shapes are hidden, up to a share of the patches; `.visible` and `.hidden` are their numbers",
  reference:
    "Bao et al. 2021, https://arxiv.org/abs/2106.08254, algorithm 1; https://github.com/bytedance/ibot, loader.py",
  perImage: true,
  options: z.strictObject({
    patch: z.int().min(1).max(256).default(16).describe(
      "Side of a patch in pixels, as the encoder has it",
    ),
    ratio: z.number().gt(0).lt(1).default(0.4).describe(
      "Share of the patches that is hidden",
    ),
    least: z.int().min(1).optional().describe(
      "Least patches of a block; by default a third of the shorter side squared, 16 of 14 x 14, where so many are hidden",
    ),
    aspect: z.number().gt(0).max(1).default(0.3).describe(
      "Least height of a block as a multiple of its width; the most is 1 over it",
    ),
  }),
  inputs: { of: OF },
  build(_scope, { of = [] }, { patch, ratio, least, aspect }, { name }) {
    const sizes = of.map((type): Sizes => {
      const [rows, columns] = gridOf(type, patch);
      const third = Math.max(1, Math.floor(Math.min(rows, columns) / 3));
      const all = rows * columns;
      const visible = visibleOf(all, ratio, "patches");
      const hidden = all - visible;
      if (least !== undefined && least > hidden) {
        throw new ShapeError(
          `a block cannot have ${least} patches or more where ${hidden} of ${all} are hidden; give a smaller \`least\`, or a larger \`ratio\``,
        );
      }
      return {
        grid: [rows, columns],
        visible,
        hidden,
        least: least ?? Math.min(third ** 2, hidden),
      };
    });
    return {
      outputs: partsOf(name, sizes),
      apply({ of: views = [] }, run) {
        const orders = views.map((x, view) =>
          order(
            run.random(`view${view}`),
            x.shape[0] as number,
            sizes[view] as Sizes,
            aspect,
          )
        );
        const hidden = (view: number): number => sizes[view]?.hidden ?? 0;
        return {
          hidden: orders.map((all, view) =>
            tf.slice(all, [0, 0], [-1, hidden(view)])
          ),
          visible: orders.map((all, view) =>
            tf.slice(all, [0, hidden(view)], [-1, -1])
          ),
        };
      },
    };
  },
});
