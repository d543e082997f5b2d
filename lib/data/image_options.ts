/** @file Options that sources of image files share. */
import { z } from "zod";
import { choice } from "../stages/choice.ts";
import { fromZod } from "../stages/json.ts";
import type { ClassListOptions } from "./class_list.ts";
import { MOST_PIXELS } from "./most_pixels.ts";
import type { Reading } from "./reading.ts";
import type { ImageShape, LoadContext } from "./source.ts";

/** More bands than any instrument has that people train on. */
const MOST_CHANNELS = 256;

const pixels = z.int().min(1).max(MOST_PIXELS);
const sizeSchema = z.union([
  pixels,
  z.strictObject({
    height: pixels.describe("Pixels from top to bottom"),
    width: pixels.describe("Pixels from left to right"),
  }),
]);
const testSchema = z.union([
  z.number().gt(0).lt(1),
  z.string().min(1),
]);
const rangeSchema = z.union([
  z.literal("full"),
  z.tuple([z.number(), z.number()]).refine(([low, high]) => low < high),
]);

/** One message for all that a value may be; editors are told its forms. */
const oneOf = <T>(schema: z.ZodType<T>, message: string) =>
  z.custom<T>((value) => schema.safeParse(value).success, message)
    .meta(fromZod(schema));

/** What sources of images say about how a file becomes an image. */
export const readingOptions = {
  size: oneOf(
    sizeSchema,
    `expected pixels in 1..${MOST_PIXELS}, such as 32 or { height: 32, width: 48 }`,
  ).describe("Images are scaled and cropped to it"),
  channels: z.int().min(1).max(MOST_CHANNELS).optional().describe(
    "Values of a pixel: 3 for colours, 1 for gray, or the number of bands that the files have. By default as many as `bands` names, else 3",
  ),
  bands: z.array(z.int().min(1)).min(1).max(MOST_CHANNELS).optional().describe(
    "Bands of each file to read, in this order; the first is 1. By default all of them, where they are as many as the channels",
  ),
  range: oneOf(
    rangeSchema,
    "expected the samples that are black and white, such as [0, 4095], or full",
  ).optional().describe(
    "Samples that become black and white, such as [0, 4095] or [-1000, 400], or `full` for all that their type can be. Needed for more than 8 bits, signed and float samples",
  ),
  page: z.int().min(1).optional().describe(
    "Which page to read of files with several (TIFF stacks, DICOM frames); the first is 1",
  ),
};

/** Keys that every source of image files has. */
export const imageKeys = {
  path: z.string().min(1).describe("Where the training images are"),
  ...readingOptions,
  test: oneOf(
    testSchema,
    "expected a path, or a share of the images between 0 and 1, such as 0.1",
  ).optional().describe("Images to test with: where they are, or their share"),
  on_error: choice({
    fail: "an error that ends the run",
    skip: "they are left out, and counted",
  }).default("fail").describe(
    "What to do about an image that cannot be read",
  ),
  decode: z.literal("sharp").optional().describe(
    "`sharp` decodes all files with sharp. By default libtensorflow decodes ordinary JPEGs, to the same pixels and faster",
  ),
  memory: z.number().min(0).max(1e6).default(1024).describe(
    "Megabytes (2^20 bytes) of pixels to hold; larger sets are decoded as they are needed, in every epoch",
  ),
};

/** Options of image files, which may be tiled or not. */
export const imageOptions = z.strictObject({
  ...imageKeys,
  labels: oneOf(
    z.union([
      z.literal(false),
      z.string().min(1),
      z.strictObject({
        file: z.string().min(1).describe("The CSV file"),
        image: z.string().min(1).optional().describe(
          "Column with the images' paths or names",
        ),
        label: z.string().min(1).optional().describe(
          "Column with their classes",
        ),
      }),
    ]),
    "expected a CSV file, { file, image, label } with the names of its columns, or false",
  ).optional().describe(
    "A CSV file with the class of each image, in place of class folders; or { file, image, label } with the names of its columns; or false, where folders are no classes",
  ),
}).superRefine(sameChannels);

/** Options of `folder` and `tar`. */
export const folderOptions = z.strictObject({
  ...imageOptions.shape,
  cache: z.boolean().optional().describe(
    "Keeps decoded, resized images in one file of Stopgrad's cache, for sets that are larger than `memory`: from the second epoch on, and in later runs, nothing is decoded",
  ),
  tile: z.int().min(16).max(8192).optional().describe(
    "Cuts each image into squares of so many of its pixels, which are images of their own then; for images that are larger than can be decoded whole",
  ),
}).superRefine(sameChannels);

/** Options of image files, with defaults. */
export type FileOptions = z.infer<typeof imageOptions>;

const shared = z.strictObject(imageKeys);
/** Options of every source of image files, with defaults. */
export type ImageOptions = z.infer<typeof shared>;

/** Refuses as many channels as there are no bands for. */
export function sameChannels(
  { channels, bands }: {
    readonly channels?: number | undefined;
    readonly bands?: readonly number[] | undefined;
  },
  context: z.RefinementCtx,
): void {
  if (!channels || !bands || channels === bands.length) return;
  context.addIssue({
    code: "custom",
    path: ["channels"],
    message: `expected ${bands.length}, as many as "bands" names`,
  });
}

/** Shape of one image. */
export function imageShape(
  { size, channels, bands }: ImageOptions,
): ImageShape {
  const values = channels ?? bands?.length ?? 3;
  return typeof size === "number"
    ? { height: size, width: size, channels: values }
    : { ...size, channels: values };
}

/** How the samples of a file are read. */
export const readingOf = ({ range, bands, page }: ImageOptions): Reading => ({
  range,
  bands,
  page,
});

/** Who decodes besides sharp. */
export const engineFor = (
  { decode }: ImageOptions,
  { engine }: LoadContext,
): LoadContext["engine"] => decode === "sharp" ? undefined : engine;

/** The table with the classes, where there is one. */
export const classListOf = (
  { labels }: FileOptions,
): ClassListOptions | undefined =>
  typeof labels === "string" ? { file: labels } : labels || undefined;
