/** @file Digests of images: what tells one set from another, and images that are there more than once. */
import { createHash } from "node:crypto";
import { counted } from "../counted.ts";
import type { Plan } from "./layout.ts";

/** Bytes of a digest that are kept: enough to tell millions of images apart. */
const DIGEST_BYTES = 8;

/** The end of a file. */
export interface FileEnd {
  /** Bytes of the whole file. */
  readonly size: number;
  readonly bytes: Uint8Array;
}

/** Digests of the images of a split, which come in any order. */
export class Contents {
  readonly #digests: Uint8Array<ArrayBuffer>;
  readonly #begun = new Set<number>();

  constructor(images: number) {
    this.#digests = new Uint8Array(images * DIGEST_BYTES);
  }

  /**
   * Takes note of what an image is.
   *
   * @param whole Whether it is all of it: large files may begin alike.
   * @param end Of a file of which the rest was not read.
   */
  add(image: number, bytes: Uint8Array, whole = true, end?: FileEnd): void {
    if (!whole) this.#begun.add(image);
    const hash = createHash("sha256").update(bytes);
    if (end) hash.update(`${end.size}\0`).update(end.bytes);
    const digest = hash.digest();
    this.#digests.set(digest.subarray(0, DIGEST_BYTES), image * DIGEST_BYTES);
  }

  /** Of all of them. */
  digest(): string {
    return createHash("sha256").update(this.#digests).digest("hex");
  }

  /** Images that are known as a whole, with a number that is one's own. */
  *whole(): Generator<[image: number, digest: bigint]> {
    const all = new BigUint64Array(this.#digests.buffer);
    for (const [image, digest] of all.entries()) {
      if (digest !== 0n && !this.#begun.has(image)) yield [image, digest];
    }
  }
}

/** Contents by split. */
export type SplitContents = Readonly<Record<"train" | "test", Contents>>;

/** Contents of a plan, to be filled. */
export const contentsOf = ({ train, test }: Plan): SplitContents => ({
  train: new Contents(train.paths.length),
  test: new Contents(test?.paths.length ?? 0),
});

/** How often something is so, and the first case of it. */
class Cases {
  count = 0;
  #first = "";

  add(first: string): void {
    if (this.count++ === 0) this.#first = first;
  }

  say(what: string): string[] {
    const { count } = this;
    return count === 0 ? [] : [
      `${counted(count, "image is", "images are")} ${what} (${this.#first})`,
    ];
  }
}

/** Lines about images that are there more than once: by themselves, under two classes, on both sides. */
export function twinRemarks(
  plan: Plan,
  contents: SplitContents,
): readonly string[] {
  const first = new Map<bigint, ["train" | "test", number]>();
  const [same, classes, leaks] = [new Cases(), new Cases(), new Cases()];
  for (const split of ["train", "test"] as const) {
    const own = plan[split];
    for (const [image, digest] of contents[split].whole()) {
      const known = first.get(digest);
      if (!known) {
        first.set(digest, [split, image]);
        continue;
      }
      const [side, twin] = known;
      const other = plan[side];
      const example = `${own?.paths.at(image)} is ${other?.paths.at(twin)}`;
      same.add(example);
      const [a, b] = [own?.labels?.[image], other?.labels?.[twin]];
      if (a !== undefined && b !== undefined && a !== b) classes.add(example);
      if (side !== split) leaks.add(example);
    }
  }
  return [
    ...same.say("there more than once"),
    ...classes.say("there under another class too"),
    ...leaks.say("both trained on and tested with"),
  ];
}
