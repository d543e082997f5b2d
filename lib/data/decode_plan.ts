/** @file Image files of a plan into memory. */
import { UserError } from "../errors.ts";
import { gigabytes } from "../gigabytes.ts";
import { badFilePolicy, expectMost } from "./bad_file.ts";
import { contentsOf, twinRemarks } from "./contents.ts";
import { ImageDecoder } from "./image_decoder.ts";
import {
  engineFor,
  type ImageOptions,
  imageShape,
  readingOf,
} from "./image_options.ts";
import { byCodePoint, type Plan, type SplitPlan } from "./layout.ts";
import { sideBySide } from "./side_by_side.ts";
import type {
  ImageSet,
  ImageShape,
  LoadContext,
  LoadedData,
  SkippedFile,
} from "./source.ts";
import { Tally } from "./tally.ts";

/** Memory that is there: the system would give more, and then end the process. */
function allocate(
  bytes: number,
  count: number,
  { height, width }: ImageShape,
): Uint8Array {
  const { available } = Deno.systemMemoryInfo();
  try {
    if (bytes <= available) return new Uint8Array(bytes);
  } catch {
    // Longer than an array can be.
  }
  throw new UserError(
    `Cannot hold ${count} images of ${width}x${height} in memory: ${
      gigabytes(bytes)
    } needed, ${
      gigabytes(available)
    } free.\nChoose a smaller "size" or "memory" under "data", or fewer images.`,
  );
}

/** Memory for one split, filled in any order. */
class Slots {
  readonly #plan: SplitPlan;
  readonly #shape: ImageShape;
  readonly #pixels: Uint8Array;
  readonly #filled: Uint8Array;

  constructor(plan: SplitPlan, shape: ImageShape) {
    const bytes = plan.paths.length * Slots.#bytes(shape);
    this.#plan = plan;
    this.#shape = shape;
    this.#filled = new Uint8Array(plan.paths.length);
    this.#pixels = allocate(bytes, plan.paths.length, shape);
  }

  static #bytes({ height, width, channels }: ImageShape): number {
    return height * width * channels;
  }

  put(image: number, pixels: Uint8Array): void {
    this.#pixels.set(pixels, image * pixels.length);
    this.#filled[image] = 1;
  }

  /** The images that came; those that did not leave no gap. */
  take(
    classes: readonly string[] | undefined,
    where: string,
    skipped: readonly SkippedFile[],
  ): ImageSet {
    const each = Slots.#bytes(this.#shape);
    let count = 0;
    this.#filled.forEach((filled, image) => {
      if (!filled) return;
      if (image !== count) {
        this.#pixels.copyWithin(count * each, image * each, (image + 1) * each);
      }
      count++;
    });
    expectMost(count, this.#plan.paths.length, where, skipped);
    const labels = this.#plan.labels?.filter((_, i) => this.#filled[i] === 1);
    return {
      count,
      ...this.#shape,
      pixels: this.#pixels.subarray(0, count * each),
      ...(labels ? { labels } : {}),
      ...(classes ? { classes } : {}),
    };
  }
}

/** A place in a plan. */
export interface Slot {
  readonly split: "train" | "test";
  readonly image: number;
}

/** An image file, to be decoded into its place. */
export interface ImageFile extends Slot {
  /** For messages. */
  readonly path: string;
  readonly read: () => Promise<Uint8Array>;
  /** Decodes a part of a file, in place of all that is read. */
  readonly decode?: () => Promise<Uint8Array>;
}

/** Every place in a plan, with its path. */
export function* slotsOf(
  plan: Partial<Plan>,
): Generator<Slot & { path: string }> {
  for (const split of ["train", "test"] as const) {
    const { paths = [] } = plan[split] ?? {};
    for (let image = 0; image < paths.length; image++) {
      yield { split, image, path: paths.at(image) as string };
    }
  }
}

/**
 * Decodes files, several side by side; the order of the images is the plan's.
 *
 * @param skipped Files that were left out already.
 * @throws {UserError} When one cannot be read and `on_error` is `fail`, or
 * none can.
 */
export async function decodePlan(
  plan: Plan,
  files: AsyncIterable<ImageFile> | Iterable<ImageFile>,
  options: ImageOptions,
  skipped: SkippedFile[],
  where: string,
  context: LoadContext,
): Promise<LoadedData> {
  const { onProgress } = context;
  const shape = imageShape(options);
  const reading = readingOf(options);
  const decoder = new ImageDecoder(
    shape,
    reading,
    engineFor(options, context),
  );
  const tally = new Tally(shape, reading);
  const contents = contentsOf(plan);
  const unread: SkippedFile[] = [];
  const bad = badFilePolicy(options, (file) => unread.push(file));
  const train = new Slots(plan.train, shape);
  const test = plan.test ? new Slots(plan.test, shape) : undefined;
  const slots = { train, test };
  const total = plan.train.paths.length + (plan.test?.paths.length ?? 0);
  let done = 0;
  await sideBySide(files, decoder.atOnce, async (file) => {
    const { split, image, path, decode } = file;
    try {
      const pixels = decode
        ? await decoder.inTurn(decode)
        : await decoder.decode(file.read, (seen) => tally.see(seen));
      slots[split]?.put(image, pixels);
      contents[split].add(image, pixels);
    } catch (error) {
      bad(path, error);
    }
    done++;
    onProgress?.({ task: `Decoding ${where}`, done, total, unit: "images" });
  });
  // They came in the order in which the work was done.
  const inOrder = (a: SkippedFile, b: SkippedFile) =>
    byCodePoint(a.path, b.path);
  unread.sort(inOrder);
  return {
    train: train.take(plan.classes, where, unread),
    ...(test ? { test: test.take(plan.classes, where, unread) } : {}),
    skipped: [...skipped, ...unread].sort(inOrder),
    remarks: [
      ...plan.remarks ?? [],
      ...tally.lines,
      ...twinRemarks(plan, contents),
    ],
  };
}
