/** @file Image files of a plan that are decoded each time they are needed. */
import { createHash } from "node:crypto";
import { UserError } from "../errors.ts";
import { badFilePolicy } from "./bad_file.ts";
import { checkHeader, decodeImage } from "./decode.ts";
import { AT_ONCE, type Slot, slotsOf } from "./decode_plan.ts";
import { type ImageOptions, imageShape } from "./image_options.ts";
import { byCodePoint, type Plan, type SplitPlan } from "./layout.ts";
import { reasonOf } from "./place.ts";
import { sideBySide } from "./side_by_side.ts";
import type {
  ImageStream,
  LoadContext,
  LoadedData,
  SkippedFile,
} from "./source.ts";

/** Image files that can be read in any order. */
export interface OpenFiles {
  /** For messages. */
  name(slot: Slot & { readonly path: string }): string;
  /**
   * Reads a file, or its first `most` bytes.
   *
   * @throws {Error} When it cannot be read.
   */
  read(
    slot: Slot & { readonly path: string },
    most?: number,
  ): Promise<Uint8Array>;
}

/** Enough for the header of nearly every image, metadata before it included. */
const HEADER_BYTES = 2 ** 18;

/** Of a file that was looked at; of all, tells whether one was changed. */
const DIGEST_BYTES = 8;

/**
 * Looks at the header of a file, and at all of it where that is not enough.
 *
 * @returns A digest of its beginning, which of a small file is all of it.
 */
async function checkFile(
  read: (most?: number) => Promise<Uint8Array>,
): Promise<Uint8Array> {
  const start = await read(HEADER_BYTES);
  try {
    await checkHeader(start);
  } catch (error) {
    if (start.length < HEADER_BYTES) throw error;
    await checkHeader(await read());
  }
  return createHash("sha256").update(start).digest().subarray(0, DIGEST_BYTES);
}

/** Digests of the files of a split, side by side. */
class Contents {
  readonly #digests: Uint8Array;

  constructor(images: number) {
    this.#digests = new Uint8Array(images * DIGEST_BYTES);
  }

  add(image: number, digest: Uint8Array): void {
    this.#digests.set(digest, image * DIGEST_BYTES);
  }

  digest(): string {
    return createHash("sha256").update(this.#digests).digest("hex");
  }
}

/** The files of a split that passed. */
function passed(
  { paths, labels }: SplitPlan,
  bad: ReadonlySet<number>,
): { paths: string[]; images: number[]; labels?: Int32Array } {
  const good = (_: unknown, image: number): boolean => !bad.has(image);
  return {
    paths: paths.filter(good),
    images: Array.from(paths, (_, image) => image).filter(good),
    ...(labels ? { labels: labels.filter(good) } : {}),
  };
}

/**
 * Makes streams of a plan. The header of every file is looked at first, so
 * that most faults are known before a step is done; what is damaged behind
 * its header is found when it is decoded.
 *
 * @param skipped Files that were left out already.
 * @throws {UserError} When a header is bad and `on_error` is `fail`, or all
 * are.
 */
export async function streamPlan(
  plan: Plan,
  files: OpenFiles,
  options: ImageOptions,
  skipped: SkippedFile[],
  where: string,
  { onProgress, onSkipped = () => {} }: LoadContext,
): Promise<LoadedData> {
  const shape = imageShape(options);
  const bad = { train: new Set<number>(), test: new Set<number>() };
  const atLoad = badFilePolicy(options, (file) => skipped.push(file));
  const total = plan.train.paths.length + (plan.test?.paths.length ?? 0);
  const contents = {
    train: new Contents(plan.train.paths.length),
    test: new Contents(plan.test?.paths.length ?? 0),
  };
  let done = 0;
  await sideBySide(slotsOf(plan), AT_ONCE, async (slot) => {
    try {
      const digest = await checkFile((most) => files.read(slot, most));
      contents[slot.split].add(slot.image, digest);
    } catch (error) {
      atLoad(files.name(slot), reasonOf(error));
      bad[slot.split].add(slot.image);
    }
    done++;
    onProgress?.({ task: `Checking ${where}`, done, total, unit: "images" });
  });

  const later = badFilePolicy(options, onSkipped);
  const stream = (split: Slot["split"], all: SplitPlan): ImageStream => {
    const { paths, images, labels } = passed(all, bad[split]);
    if (paths.length === 0) {
      throw new UserError(
        `Cannot read any of the ${all.paths.length} images in ${where}.\nTo see why, set on_error: fail under "data".`,
      );
    }
    const faulty = new Set<number>();
    return {
      count: paths.length,
      names: paths,
      contents: contents[split].digest(),
      ...shape,
      ...(labels ? { labels } : {}),
      ...(plan.classes ? { classes: plan.classes } : {}),
      async decode(image) {
        if (faulty.has(image)) return undefined;
        const slot = {
          split,
          image: images[image] as number,
          path: paths[image] as string,
        };
        try {
          return await decodeImage(await files.read(slot), shape);
        } catch (error) {
          // Two at once may find the same fault.
          if (!faulty.has(image)) later(files.name(slot), reasonOf(error));
          faulty.add(image);
          return undefined;
        }
      },
    };
  };
  return {
    train: stream("train", plan.train),
    ...(plan.test ? { test: stream("test", plan.test) } : {}),
    skipped: skipped.toSorted((a, b) => byCodePoint(a.path, b.path)),
  };
}

/** Whether the pixels of a plan are more than `memory` allows to hold. */
export function tooLarge(plan: Plan, options: ImageOptions): boolean {
  const { height, width, channels } = imageShape(options);
  const images = plan.train.paths.length + (plan.test?.paths.length ?? 0);
  return images * height * width * channels > options.memory * 2 ** 20;
}
