/** @file Tells one set of images from another. */
import { createHash, type Hash } from "node:crypto";
import { type Images, isInMemory, type LoadedData } from "./source.ts";

/** What a run remembers of its images, to notice that they changed. */
export interface Fingerprint {
  /** Images to train on. */
  readonly images: number;
  /** Of some of them, in hexadecimal. */
  readonly digest: string;
  /**
   * Of what scores depend on besides: the labels, and the test images. Absent
   * where there are to be none, and in runs of older versions.
   */
  readonly judged?: string | undefined;
}

/** Images that are looked at: a change of all of them shows, of one may not. */
const SAMPLE = 256;

function addImages(hash: Hash, images: Images): void {
  const { count, height, width, channels } = images;
  hash.update(JSON.stringify([count, height, width, channels]));
  if (isInMemory(images)) {
    const each = height * width * channels;
    for (let i = 0; i < Math.min(SAMPLE, count); i++) {
      const at = Math.floor(i * count / Math.min(SAMPLE, count)) * each;
      hash.update(images.pixels.subarray(at, at + each));
    }
  } else for (const name of images.names) hash.update(`${name}\0`);
}

function addLabels(hash: Hash, { labels }: Images): void {
  if (!labels) return;
  const { buffer, byteOffset, byteLength } = labels;
  hash.update(new Uint8Array(buffer, byteOffset, byteLength));
}

function digestOf(add: (hash: Hash) => void): string {
  const hash = createHash("sha256");
  add(hash);
  return hash.digest("hex").slice(0, 16);
}

/**
 * Number of the images, and digests: of up to 256 of them, evenly spread,
 * where they are in memory, and of the files' names where they are not; and of
 * all labels.
 *
 * @param isJudged Whether the encoder is to have scores.
 */
export function fingerprint(
  { train, test }: Pick<LoadedData, "train" | "test">,
  isJudged: boolean,
): Fingerprint {
  const judged = (hash: Hash): void => {
    addLabels(hash, train);
    if (!test) return;
    addImages(hash, test);
    addLabels(hash, test);
  };
  return {
    images: train.count,
    digest: digestOf((hash) => addImages(hash, train)),
    ...(isJudged ? { judged: digestOf(judged) } : {}),
  };
}
