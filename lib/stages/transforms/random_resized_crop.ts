/** @file Random resized crop. */
import { z } from "zod";
import { choice } from "../choice.ts";
import type { Random } from "../../ops/random.ts";
import { resample, resampleMatrix } from "../../ops/resample.ts";
import {
  defineTransform,
  type TransformDefinition,
} from "../define_transform.ts";
import { type Boxes, drawBoxes, range } from "./box.ts";
import { side } from "./options.ts";

/**
 * Draws crops as torchvision's `RandomResizedCrop`; where none fits, the
 * largest centred crop whose ratio is in range.
 */
export const drawCrops = (
  random: Random,
  batch: number,
  [height, width]: readonly [number, number],
  scale: readonly [number, number],
  ratio: readonly [number, number],
): Boxes =>
  drawBoxes(random, batch, [height, width], {
    scale,
    ratio,
    most: { height, width },
    otherwise: centralCrop(height, width, ratio),
  });

function centralCrop(
  height: number,
  width: number,
  [least, most]: readonly [number, number],
): { readonly height: number; readonly width: number } {
  const ratio = width / height;
  if (ratio < least) return { width, height: Math.round(width / least) };
  if (ratio > most) return { height, width: Math.round(height * most) };
  return { height, width };
}

/** A random part of the image, resized to a square. */
export const randomResizedCrop: TransformDefinition = defineTransform({
  name: "random_resized_crop",
  summary:
    "A part of random place, area and aspect ratio, resized to a square with antialiasing. Evaluation takes the largest centred square instead, resized to the same side",
  reference: "Szegedy et al. 2014, https://arxiv.org/abs/1409.4842, section 6",
  evaluation: false,
  options: z.strictObject({
    size: side.optional().describe(
      "Side of the result in pixels; the image's own height when absent",
    ),
    scale: range(0.08, 1, 1).describe(
      "Least and most area, as a share of the image",
    ),
    ratio: range(3 / 4, 4 / 3).describe("Least and most width over height"),
    interpolation: choice({
      bilinear: "a triangle over 2 pixels",
      bicubic: "a cubic over 4 pixels, sharper",
    }).default("bilinear").describe("Kernel of the resize"),
  }),
  shape: ([channels, height], { size = height }) => [channels, size, size],
  apply(images, options, random) {
    const [batch, , height, width] = images.shape;
    const { size = height, scale, ratio, interpolation } = options;
    const crop = drawCrops(random, batch, [height, width], scale, ratio);
    return resample(
      images,
      resampleMatrix(crop.top, crop.height, height, size, interpolation),
      resampleMatrix(crop.left, crop.width, width, size, interpolation),
    );
  },
});
