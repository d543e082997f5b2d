/** @file Random masks (MAE). */
import * as tf from "@tensorflow/tfjs";
import { z } from "zod";
import { argsort } from "../../ops/argsort.ts";
import { defineStage, ShapeError, type StageDefinition } from "../define.ts";
import { gridOf, MASK, OF, places } from "./kind.ts";

/** A random share of the patches is hidden, other ones in every image and step. */
export const randomMask: StageDefinition = defineStage({
  key: MASK,
  name: "random",
  summary:
    "A random share of the patches is hidden; `.visible` and `.hidden` are their numbers",
  reference: "He et al. 2021, https://arxiv.org/abs/2111.06377, section 3",
  options: z.strictObject({
    patch: z.int().min(1).max(256).default(16).describe(
      "Side of a patch in pixels, as the encoder has it",
    ),
    ratio: z.number().gt(0).lt(1).default(0.75).describe(
      "Share of the patches that is hidden",
    ),
  }),
  inputs: { of: OF },
  build(_scope, { of = [] }, { patch, ratio }) {
    const counts = of.map((type) => {
      const [rows, columns] = gridOf(type, patch);
      const all = rows * columns;
      return { all, visible: Math.round(all * (1 - ratio)) };
    });
    const bad = counts.find(({ all, visible }) =>
      visible === 0 || visible === all
    );
    if (bad) {
      throw new ShapeError(
        `a share of ${ratio} of ${bad.all} patches leaves ${bad.visible} to see`,
      );
    }
    return {
      outputs: {
        visible: counts.map(({ visible }) => places(visible)),
        hidden: counts.map(({ all, visible }) => places(all - visible)),
      },
      apply({ of: views = [] }, run) {
        const orders = views.map((x, view) => {
          const batch = x.shape[0] as number;
          const { all } = counts[view] as { readonly all: number };
          return argsort(run.random(`view${view}`).uniform([batch, all]));
        });
        const part = (from: "visible" | "hidden") =>
          orders.map((order, view) => {
            const { all, visible } = counts[view] as typeof counts[number];
            return from === "visible"
              ? tf.slice(order, [0, 0], [-1, visible])
              : tf.slice(order, [0, visible], [-1, all - visible]);
          });
        return { visible: part("visible"), hidden: part("hidden") };
      },
    };
  },
});
