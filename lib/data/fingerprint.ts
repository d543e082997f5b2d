/** @file Tells one set of images from another. */
import { createHash } from "node:crypto";
import { type Images, isInMemory } from "./source.ts";

/** What a run remembers of its images, to notice that they changed. */
export interface Fingerprint {
  /** How many there are. */
  readonly images: number;
  /** Of some of them, in hexadecimal. */
  readonly digest: string;
}

/** Images that are looked at: a change of all of them shows, of one may not. */
const SAMPLE = 256;

/**
 * Number of the images, and a digest: of up to 256 of them, evenly spread,
 * where they are in memory, and of the files' names where they are not.
 */
export function fingerprint(images: Images): Fingerprint {
  const { count, height, width, channels } = images;
  const hash = createHash("sha256");
  hash.update(JSON.stringify([count, height, width, channels]));
  if (isInMemory(images)) {
    const each = height * width * channels;
    for (let i = 0; i < Math.min(SAMPLE, count); i++) {
      const at = Math.floor(i * count / Math.min(SAMPLE, count)) * each;
      hash.update(images.pixels.subarray(at, at + each));
    }
  } else for (const name of images.names) hash.update(`${name}\0`);
  return { images: count, digest: hash.digest("hex").slice(0, 16) };
}
