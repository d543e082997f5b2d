/** @file Image files of a plan that are decoded each time they are needed. */
import { createHash } from "node:crypto";
import { badFilePolicy, expectMost } from "./bad_file.ts";
import { AT_ONCE } from "./at_once.ts";
import { checkHeader } from "./decode.ts";
import { contentsOf, type FileEnd, twinRemarks } from "./contents.ts";
import { type Slot, slotsOf } from "./decode_plan.ts";
import { ImageDecoder } from "./image_decoder.ts";
import {
  engineFor,
  type ImageOptions,
  imageShape,
  readingOf,
} from "./image_options.ts";
import { DecodedCache, type FileStamp } from "./decoded_cache.ts";
import { byCodePoint, type Plan, someOf, type SplitPlan } from "./layout.ts";
import { sideBySide } from "./side_by_side.ts";
import type { Facts } from "./formats/raster.ts";
import type { Reading } from "./reading.ts";
import type { Turns } from "./shuffle.ts";
import type {
  ImageShape,
  ImageStream,
  LoadContext,
  LoadedData,
  SkippedFile,
} from "./source.ts";
import { Tally } from "./tally.ts";

/** Image files that can be read in any order, or best in their own. */
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
  /** Reads the last `most` bytes of a file, where that is cheap. */
  readEnd?(
    slot: Slot & { readonly path: string },
    most: number,
  ): Promise<FileEnd>;
  /**
   * Tells the state of a file from others, where its images may be kept.
   *
   * @throws {Error} When it cannot be looked at.
   */
  stamp?(slot: Slot & { readonly path: string }): Promise<FileStamp>;
  /** Decodes a part of a file, in place of all that is read. */
  decode?(slot: Slot & { readonly path: string }): Promise<Uint8Array>;
  /** How parts are to be read, where a plan has some. */
  readonly turns?: Omit<Turns, "parts">;
  /** Closes what is open between images. */
  release?(): Promise<void>;
}

/** Enough for the header of nearly every image, metadata before it included. */
const HEADER_BYTES = 2 ** 18;

/** Of a file that is longer, its end is compared, too. */
const END_BYTES = 2 ** 16;

/**
 * Looks at the header of a file, and at all of it where that is not enough.
 *
 * @returns Its beginning too, which of a small file is all of it, and the end
 * of a larger one.
 */
async function checkFile(
  files: OpenFiles,
  slot: Slot & { readonly path: string },
  shape: ImageShape,
  reading: Reading,
): Promise<
  {
    readonly facts: Facts;
    readonly start: Uint8Array;
    readonly end?: FileEnd | undefined;
  }
> {
  const start = await files.read(slot, HEADER_BYTES);
  const part = start.length >= HEADER_BYTES;
  let facts: Facts;
  try {
    facts = await checkHeader(start, shape, reading);
  } catch (error) {
    if (!part) throw error;
    facts = await checkHeader(await files.read(slot), shape, reading);
  }
  const end = part ? await files.readEnd?.(slot, END_BYTES) : undefined;
  return { facts, start, end };
}

/** The files of a split that passed, and which of it they are. */
function passed(
  split: SplitPlan,
  bad: ReadonlySet<number>,
): SplitPlan & { readonly images?: Int32Array } {
  if (bad.size === 0) return split;
  const all = Int32Array.from({ length: split.paths.length }, (_, i) => i);
  const images = all.filter((image) => !bad.has(image));
  return { ...someOf(split, images), images };
}

/** What a look at the headers of a plan found. */
export interface HeaderSurvey {
  /** Images that cannot be read, by split. */
  readonly bad: Readonly<Record<Slot["split"], readonly number[]>>;
  readonly unread: readonly SkippedFile[];
  readonly remarks: readonly string[];
  /** Digest of what the files hold, by split. */
  readonly contents: Readonly<Record<Slot["split"], string>>;
}

/** Keeps what was found of headers from one run to the next. */
export interface HeaderMemory {
  recall(): Promise<HeaderSurvey | undefined>;
  keep(survey: HeaderSurvey): Promise<void>;
}

/** From here on a look at every header takes long. */
const MANY = 20_000;
/** Headers that are looked at then. */
const LOOKED_AT = 5_000;

/** Images of a split whose headers are looked at, of a share of all: spread evenly, or the first of some parts. */
function* some({ paths, parts }: SplitPlan, share: number): Generator<number> {
  const { length } = paths;
  if (!parts) {
    const most = Math.ceil(length * share);
    for (let i = 0; i < most; i++) yield Math.floor(i * length / most);
    return;
  }
  const every = Math.ceil(1 / share);
  const most = Math.ceil(length * share / Math.ceil(parts.length / every));
  for (let part = 0; part < parts.length; part += every) {
    const [from = 0, end = length] = [parts[part], parts[part + 1]];
    for (let i = from; i < Math.min(end, from + most); i++) yield i;
  }
}

/** Places whose headers are looked at: all, or some of many. */
function looked(plan: Plan, total: number): ReturnType<typeof slotsOf> {
  if (total <= MANY) return slotsOf(plan);
  return function* () {
    for (const split of ["train", "test"] as const) {
      const own = plan[split];
      if (!own) continue;
      for (const image of some(own, LOOKED_AT / total)) {
        yield { split, image, path: own.paths.at(image) as string };
      }
    }
  }();
}

/**
 * Looks at the headers of a plan.
 *
 * @throws {UserError} As `on_error` says.
 */
async function lookAtHeaders(
  plan: Plan,
  files: OpenFiles,
  options: ImageOptions,
  where: string,
  { onProgress }: LoadContext,
): Promise<HeaderSurvey> {
  const shape = imageShape(options);
  const reading = readingOf(options);
  const tally = new Tally(shape, reading);
  const bad = { train: [] as number[], test: [] as number[] };
  const unread: SkippedFile[] = [];
  const atLoad = badFilePolicy(options, (file) => unread.push(file));
  const total = plan.train.paths.length + (plan.test?.paths.length ?? 0);
  const contents = contentsOf(plan);
  const most = total > MANY ? LOOKED_AT : total;
  let done = 0;
  const look = async (
    slot: Slot & { readonly path: string },
  ): Promise<void> => {
    try {
      const { facts, start, end } = await checkFile(
        files,
        slot,
        shape,
        reading,
      );
      tally.see({ facts, clipped: 0 });
      contents[slot.split].add(
        slot.image,
        start,
        start.length < HEADER_BYTES,
        end,
      );
    } catch (error) {
      atLoad(files.name(slot), error);
      bad[slot.split].push(slot.image);
    }
    done++;
    onProgress?.({
      task: `Checking ${where}`,
      done,
      total: Math.max(most, done),
      unit: "images",
    });
  };
  try {
    await sideBySide(looked(plan, total), AT_ONCE, look);
  } finally {
    await files.release?.();
  }
  unread.sort((a, b) => byCodePoint(a.path, b.path));
  return {
    bad,
    unread,
    remarks: [
      ...tally.lines,
      ...twinRemarks(plan, contents),
      ...(total > MANY
        ? [
          `of ${done.toLocaleString("en-US")} of ${
            total.toLocaleString("en-US")
          } files the headers were looked at; what is wrong with others is found when they are decoded`,
        ]
        : []),
    ],
    contents: {
      train: contents.train.digest(),
      test: contents.test.digest(),
    },
  };
}

/**
 * Makes streams of a plan. Headers are looked at first, so that most
 * faults are known before a step is done; what is damaged behind its header is
 * found when it is decoded.
 *
 * @param skipped Files that were left out already.
 * @param memory What an earlier run found of the same files' headers.
 * @throws {UserError} When a header is bad and `on_error` is `fail`, or all
 * are.
 */
export async function streamPlan(
  plan: Plan,
  files: OpenFiles,
  options: ImageOptions,
  skipped: SkippedFile[],
  where: string,
  context: LoadContext,
  memory?: HeaderMemory,
): Promise<LoadedData> {
  const { onSkipped = () => {} } = context;
  const shape = imageShape(options);
  const reading = readingOf(options);
  const decoder = new ImageDecoder(
    shape,
    reading,
    engineFor(options, context),
  );
  const known = await memory?.recall();
  const survey = known ??
    await lookAtHeaders(plan, files, options, where, context);
  if (!known) await memory?.keep(survey);
  const { bad, unread, remarks, contents } = survey;
  const cache = await cacheOf(plan, files, options, where, context);
  const release = async (): Promise<void> => {
    cache?.release();
    await files.release?.();
  };
  const decode = (
    slot: Slot & { readonly path: string },
  ): Promise<Uint8Array> =>
    files.decode
      ? decoder.inTurn(() => files.decode!(slot))
      : decoder.decode(() => files.read(slot));
  const kept = async (
    slot: Slot & { readonly path: string },
  ): Promise<Uint8Array> => {
    if (!cache || !files.stamp) return await decode(slot);
    const place = slot.image +
      (slot.split === "test" ? plan.train.paths.length : 0);
    const stamp = await files.stamp(slot);
    const known = await cache.get(place, stamp);
    if (known) return known;
    const pixels = await decode(slot);
    await cache.put(place, stamp, pixels);
    return pixels;
  };
  const stream = (split: Slot["split"], all: SplitPlan): ImageStream => {
    const { paths, images, labels, parts } = passed(all, new Set(bad[split]));
    const { turns } = files;
    expectMost(paths.length, all.paths.length, where, unread);
    const faulty = new Set<number>();
    const late: SkippedFile[] = [];
    const later = badFilePolicy(options, (file) => {
      late.push(file);
      onSkipped(file);
    });
    return {
      count: paths.length,
      names: paths,
      contents: contents[split],
      ...shape,
      ...(labels ? { labels } : {}),
      ...(plan.classes ? { classes: plan.classes } : {}),
      ...(parts && turns ? { turns: { ...turns, parts } } : {}),
      ...(cache || files.release ? { release } : {}),
      atOnce: decoder.atOnce,
      async decode(image) {
        if (faulty.has(image)) return undefined;
        const slot = {
          split,
          image: images?.[image] ?? image,
          path: paths.at(image) as string,
        };
        try {
          return await kept(slot);
        } catch (error) {
          // Two at once may find the same fault.
          if (faulty.has(image)) return undefined;
          later(files.name(slot), error);
          faulty.add(image);
          const left = paths.length - late.length;
          expectMost(left, all.paths.length, where, [...unread, ...late]);
          return undefined;
        }
      },
    };
  };
  return {
    train: stream("train", plan.train),
    ...(plan.test ? { test: stream("test", plan.test) } : {}),
    skipped: [...skipped, ...unread].sort((a, b) =>
      byCodePoint(a.path, b.path)
    ),
    remarks: [
      ...plan.remarks ?? [],
      ...remarks,
      ...(cache ? [cache.remark] : []),
    ],
  };
}

/** Where decoded images are kept, if that is asked for. */
async function cacheOf(
  plan: Plan,
  { stamp }: OpenFiles,
  options: ImageOptions & { readonly cache?: boolean | undefined },
  where: string,
  { cacheDir }: LoadContext,
): Promise<DecodedCache | undefined> {
  if (!options.cache || !stamp) return undefined;
  const shape = imageShape(options);
  const names = createHash("sha256");
  for (const { split, path } of slotsOf(plan)) {
    names.update(`${split} ${path}\0`);
  }
  return await DecodedCache.open({
    cacheDir,
    place: where,
    set: [names.digest("hex"), shape, readingOf(options)],
    images: plan.train.paths.length + (plan.test?.paths.length ?? 0),
    bytes: shape.height * shape.width * shape.channels,
  });
}

/** Whether the pixels of a plan are more than `memory` allows to hold. */
export function tooLarge(plan: Plan, options: ImageOptions): boolean {
  const { height, width, channels } = imageShape(options);
  const images = plan.train.paths.length + (plan.test?.paths.length ?? 0);
  return images * height * width * channels > options.memory * 2 ** 20;
}
