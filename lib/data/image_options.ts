/** @file Options that sources of image files share. */
import { z } from "zod";
import type { ImageShape } from "./source.ts";

const pixels = z.int().min(1).max(4096);
const sizeSchema = z.union([
  pixels,
  z.strictObject({ height: pixels, width: pixels }),
]);
const testSchema = z.union([
  z.number().gt(0).lt(1),
  z.string().min(1),
]);

/** One message for all that a value may be. */
const oneOf = <T>(schema: z.ZodType<T>, message: string) =>
  z.custom<T>((value) => schema.safeParse(value).success, message);

/** Options of `folder` and `tar`. */
export const imageOptions = z.strictObject({
  path: z.string().min(1).describe("Where the training images are"),
  size: oneOf(
    sizeSchema,
    "expected pixels in 1..4096, such as 32 or { height: 32, width: 48 }",
  ).describe("Images are scaled and cropped to it"),
  channels: z.literal([1, 3]).default(3).describe("3 for colours, 1 for gray"),
  test: oneOf(
    testSchema,
    "expected a path, or a share of the images between 0 and 1, such as 0.1",
  ).optional().describe("Images to test with: where they are, or their share"),
  on_error: z.enum(["fail", "skip"]).default("fail").describe(
    "What to do about an image that cannot be read",
  ),
  memory: z.number().min(0).max(1e6).default(1024).describe(
    "Megabytes (2^20 bytes) of pixels to hold; larger sets are decoded as they are needed, in every epoch",
  ),
});

/** Options of `folder` and `tar`, with defaults. */
export type ImageOptions = z.infer<typeof imageOptions>;

/** Shape of one image. */
export function imageShape({ size, channels }: ImageOptions): ImageShape {
  return typeof size === "number"
    ? { height: size, width: size, channels }
    : { ...size, channels };
}
