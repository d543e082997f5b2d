/** @file Masks of blocks (I-JEPA). */
import * as tf from "@tensorflow/tfjs";
import { z } from "zod";
import { argsort } from "../../ops/argsort.ts";
import { marked } from "../../ops/marked.ts";
import type { Random } from "../../ops/random.ts";
import { defineStage, ShapeError, type StageDefinition } from "../define.ts";
import { gridOf, MASK, numbersOf, OF } from "./kind.ts";

/** Sizes of the blocks of one view, in patches. */
interface Sizes {
  readonly rows: number;
  readonly columns: number;
  readonly height: number;
  readonly width: number;
  /** Places of the context: those that no target can take away. */
  readonly context: number;
}

/** A whole number below `most` for each image, `[batch, 1]`. */
const below = (random: Random, batch: number, most: number): tf.Tensor =>
  tf.cast(
    tf.minimum(tf.floor(random.uniform([batch, 1], 0, most)), most - 1),
    "int32",
  );

/** Numbers of the places of one block in each image, `[batch, height * width]`. */
function block(
  random: Random,
  batch: number,
  { rows, columns, height, width }: Sizes,
): tf.Tensor2D {
  const top = below(random, batch, rows - height + 1);
  const left = below(random, batch, columns - width + 1);
  const corner = tf.add(tf.mul(top, tf.scalar(columns, "int32")), left);
  const offsets = Array.from(
    { length: height * width },
    (_, i) => Math.floor(i / width) * columns + i % width,
  );
  return tf.add(corner, tf.tensor2d([offsets], undefined, "int32"));
}

/**
 * Some blocks at random places are targets, and the context is what none of
 * them covers. Their sizes are fixed, since the shapes of a compiled step are:
 * the paper draws sizes, too, and cuts contexts of a batch to the least. The
 * context here is of so many places as blocks that nowhere overlap would leave,
 * drawn of all that are free: it stands for the paper's context block of 0.85 to
 * 1 of the image, less the targets, cut to the least of a batch.
 */
export const blockMask: StageDefinition = defineStage({
  key: MASK,
  name: "block",
  summary:
    "Blocks at random places are targets; `.context` are places outside of all of them, `.target` has a view for each block",
  reference: "Assran et al. 2023, https://arxiv.org/abs/2301.08243, section 3",
  perImage: true,
  options: z.strictObject({
    patch: z.int().min(1).max(256).default(16).describe(
      "Side of a patch in pixels, as the encoder has it",
    ),
    targets: z.int().min(1).max(16).default(4).describe("Target blocks"),
    scale: z.number().gt(0).lt(1).default(0.175).describe(
      "Share of the image that a target block covers",
    ),
  }),
  inputs: { of: OF },
  build(_scope, { of = [] }, { patch, targets, scale }, { name }) {
    const sizes = of.map((type): Sizes => {
      const [rows, columns] = gridOf(type, patch);
      const height = Math.max(1, Math.round(rows * Math.sqrt(scale)));
      const width = Math.max(1, Math.round(columns * Math.sqrt(scale)));
      const context = rows * columns - targets * height * width;
      if (context < 1) {
        throw new ShapeError(
          `${targets} blocks of ${height} x ${width} can cover all of ${rows} x ${columns} patches: make them fewer or smaller`,
        );
      }
      return { rows, columns, height, width, context };
    });
    return {
      outputs: {
        context: sizes.map(({ rows, columns, context }, view) =>
          numbersOf(context, [rows, columns], `${name}.context[${view}]`)
        ),
        target: sizes.flatMap(({ rows, columns, height, width }, view) =>
          Array.from({ length: targets }, (_, block) => {
            const places = `${name}.target[${view * targets + block}]`;
            return numbersOf(height * width, [rows, columns], places);
          })
        ),
      },
      apply({ of: views = [] }, run) {
        const drawn = views.map((x, view) => {
          const batch = x.shape[0] as number;
          const size = sizes[view] as Sizes;
          const random = run.random(`view${view}`);
          const blocks = Array.from(
            { length: targets },
            () => block(random, batch, size),
          );
          const count = size.rows * size.columns;
          // Places under a block come last; the others in random order.
          const covered = marked(tf.concat(blocks, 1) as tf.Tensor2D, count);
          const order = argsort(
            tf.add(covered, random.uniform([batch, count])),
          );
          return {
            blocks,
            context: tf.slice(order, [0, 0], [-1, size.context]),
          };
        });
        return {
          context: drawn.map(({ context }) => context),
          target: drawn.flatMap(({ blocks }) => blocks),
        };
      },
    };
  },
});
