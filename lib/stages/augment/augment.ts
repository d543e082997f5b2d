/** @file Augment stages: images to views. */
import type * as tf from "@tensorflow/tfjs";
import { z } from "zod";
import {
  defineStage,
  OUTPUT,
  ShapeError,
  type Site,
  type StageDefinition,
  type Type,
} from "../define.ts";
import type { PixelShape } from "../define_transform.ts";
import { faultOf } from "../user_code.ts";
import { type AugmentOptions, augmentSyntax } from "./syntax.ts";
import { applySteps, evaluationSteps, type TransformStep } from "./steps.ts";

/** Shape after a view's transforms; reports the one that cannot take it. */
function shapeOf(
  steps: readonly TransformStep[],
  image: PixelShape,
  view: number,
  { name, problem }: Site,
): PixelShape {
  let shape = image;
  for (const { definition, options } of steps) {
    try {
      shape = definition.shape(shape, options);
    } catch (error) {
      if (!(error instanceof ShapeError)) throw faultOf(definition.name, error);
      problem(
        "shape-mismatch",
        ["augment"],
        `Cannot apply "${definition.name}" in view ${view} of "${name}": ${error.message}`,
      );
    }
  }
  return shape;
}

/** Views of the images, each with its own transforms and its own randomness. */
export const augment: StageDefinition = defineStage<AugmentOptions>({
  key: {
    key: "augment",
    value: "option",
    summary: "Views of the images, each with its own randomness",
    look: "views",
  },
  name: "augment",
  summary: "Views of the images, each with its own randomness",
  options: z.custom<AugmentOptions>(),
  syntax: augmentSyntax,
  perImage: true,
  inputs: {
    of: { is: ["pixels"], verb: "augment", summary: "The images of the data" },
  },
  judged: ({ views }, view, { shape }) => ({
    views: [evaluationSteps(views[view] ?? [], shape as unknown as PixelShape)],
  }),
  build(_scope, { of = [] }, { views }, site) {
    const image = of[0]?.shape as unknown as PixelShape;
    // Views that share a list share its mistakes.
    const silent: Site = { ...site, problem: () => {} };
    const output = views.map((steps, view): Type => {
      const first = views.indexOf(steps) === view;
      const [channels, height, width] = shapeOf(
        steps,
        image,
        view,
        first ? site : silent,
      );
      return { is: "image", shape: [height, width, channels] };
    });
    return {
      outputs: { [OUTPUT]: output },
      apply({ of: given = [] }, run) {
        const [images] = given;
        return {
          [OUTPUT]: views.map((steps, view) => {
            const place = `view${view}`;
            return run.scope(
              `${site.name}/${place}`,
              () =>
                applySteps(
                  images as tf.Tensor4D,
                  steps,
                  run.random(place),
                  site.name,
                ),
            );
          }),
        };
      },
    };
  },
});
