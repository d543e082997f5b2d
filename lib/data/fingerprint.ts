/** @file Tells one set of images from another. */
import { createHash, type Hash } from "node:crypto";
import { type Images, isInMemory, type LoadedData } from "./source.ts";

/** What a run remembers of its images, to notice that they changed. */
export interface Fingerprint {
  /** Images to train on. */
  readonly images: number;
  /** Of all of them, in hexadecimal. */
  readonly digest: string;
  /**
   * Of what scores depend on besides: the labels, and the test images. Absent
   * where there are to be none, and in runs of older versions.
   */
  readonly judged?: string | undefined;
}

/** Digests of older versions are of other things: they begin otherwise. */
const VERSION = "3-";

/** Whether two digests are of the same thing, and differ. */
export const differ = (a: string, b: string): boolean =>
  a !== b && a.startsWith(VERSION) && b.startsWith(VERSION);

function addImages(hash: Hash, images: Images): void {
  const { count, height, width, channels } = images;
  hash.update(JSON.stringify([count, height, width, channels]));
  if (isInMemory(images)) hash.update(images.pixels);
  else {
    for (let i = 0; i < count; i++) hash.update(`${images.names.at(i)}\0`);
    hash.update(images.contents ?? "");
  }
}

function addLabels(hash: Hash, { labels, classes }: Images): void {
  hash.update(JSON.stringify(classes ?? []));
  if (!labels) return;
  const { buffer, byteOffset, byteLength } = labels;
  hash.update(new Uint8Array(buffer, byteOffset, byteLength));
}

function digestOf(add: (hash: Hash) => void): string {
  const hash = createHash("sha256");
  add(hash);
  return VERSION + hash.digest("hex").slice(0, 16);
}

/**
 * Number of the images, and digests: of all pixels, where they are in memory,
 * and of what the load saw of the files where they are not; and of all labels
 * with the names of the classes.
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
