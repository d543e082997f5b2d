/** @file Images of the benches, as a source that takes the pipeline's place. */
import { defineSource, type ImageSet } from "../../../lib/data/source.ts";
import {
  BUILT_IN,
  register,
  type Registry,
} from "../../../lib/model/registry.ts";
import { cifar10 } from "../../../lib/data/cifar10.ts";
import type { Images } from "../jobs.ts";
import { decodeBytes } from "../../npy.ts";

/** Bytes of the multiplicative congruential generator of Park and Miller (1988). */
export function randomBytes(count: number): Uint8Array {
  let state = 1;
  const next = (): number => state = state * 48271 % 0x7fffffff;
  return Uint8Array.from({ length: count }, () => next() >> 8);
}

/** Images that are made, or those of a `.npy` file. */
export async function readImages(
  images: Images,
  pixels: string | undefined,
): Promise<ImageSet> {
  if (images.kind === "made") {
    const { count, side } = images;
    return {
      count,
      height: side,
      width: side,
      channels: 3,
      pixels: randomBytes(count * side * side * 3),
    };
  }
  if (pixels === undefined) throw new Error("internal: no file of images");
  const { shape, data } = decodeBytes(await Deno.readFile(pixels));
  const [count = 0, height = 0, width = 0, channels = 0] = shape;
  return { count, height, width, channels, pixels: data };
}

/** A registry in which a pipeline that reads CIFAR-10 gets these images. */
export function registryOf(images: ImageSet): Registry {
  const { count, height, width, channels } = images;
  return register(
    BUILT_IN,
    defineSource({
      name: cifar10.name,
      summary: cifar10.summary,
      options: cifar10.options,
      shape: () => ({ height, width, channels }),
      trainImages: () => count,
      load: () => Promise.resolve({ train: images, skipped: [] }),
    }),
  );
}
