/** @file The pixels of one image, wherever it is. */
import { type Images, isInMemory } from "../data/source.ts";
import { Refused } from "./guard.ts";

/**
 * Pixels of an image, `[height, width, channels]`.
 *
 * @throws {Refused} When it cannot be read.
 */
export async function pixelsOf(
  images: Images,
  image: number,
): Promise<Uint8Array> {
  if (!isInMemory(images)) {
    const pixels = await images.decode(image);
    if (!pixels) throw new Refused(404, "This image cannot be read.");
    return pixels;
  }
  const { height, width, channels } = images;
  const size = height * width * channels;
  return images.pixels.subarray(image * size, (image + 1) * size);
}
