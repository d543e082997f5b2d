/** @file What is in a folder of images, as far as a pipeline has to fit it. */
import { basename, join, resolve } from "node:path";
import { UserError } from "../errors.ts";
import { decodeImage, rasterOf } from "../data/decode.ts";
import { factsOf, type FileFacts } from "../data/formats/files.ts";
import { checkPixels } from "../data/formats/raster.ts";
import { type Plan, planLayout } from "../data/layout.ts";
import { otherFacts } from "../data/libvips.ts";
import { reasonOf } from "../data/place.ts";
import { planOf } from "../data/plan_of.ts";
import { readFile } from "../data/read_file.ts";
import { ANIMATIONS, isOrdinary, usualRange } from "../data/reading.ts";
import { sideBySide } from "../data/side_by_side.ts";
import { walkFolder } from "../data/walk.ts";

/** Headers that are looked at, evenly spread over the folder. */
const MOST_HEADERS = 2_000;
/** Enough for the header of nearly every image, metadata before it included. */
const HEADER_BYTES = 2 ** 18;
/** Images whose samples are read, where nothing else says what they mean. */
const MOST_DECODED = 16;
const AT_ONCE = 8;

/** Samples that become black and white, and where that is from. */
export interface FoundRange {
  readonly range: readonly [number, number] | "full";
  readonly reason: string;
}

/** Images in a folder. */
export interface Found {
  /** What `data.path` is to name. */
  readonly root: string;
  readonly train: number;
  /** Images of a split of its own. */
  readonly test: number;
  /** Names of the classes; absent without labels. */
  readonly classes?: readonly string[];
  /** Images to train on of the smallest class. */
  readonly fewest?: number;
  /** The CSV file that classes come from. */
  readonly table?: string;
  /** Images whose headers were looked at. */
  readonly looked: number;
  /** Median of the shorter sides, in pixels. */
  readonly shortSide: number;
  /** Such as `320x240`. */
  readonly smallest: string;
  readonly largest: string;
  /** Values of a pixel. */
  readonly channels: number;
  readonly range?: FoundRange;
  /** Whether files hold several images that do not follow each other in time. */
  readonly pages: boolean;
  /** Whether some have more pixels than are decoded whole. */
  readonly huge: boolean;
  /** Squares of 512 pixels that the images to train on make, about. */
  readonly tiles: number;
  /** Files that cannot be read, of those looked at, and why the first cannot. */
  readonly unread: number;
  readonly firstUnread?: string;
  /** What else was decided, a line each. */
  readonly remarks: readonly string[];
}

interface Header {
  readonly path: string;
  readonly facts: FileFacts;
}

/** A file that is no image, or cannot be read. */
interface Unread {
  readonly path: string;
  readonly reason: string;
}

async function headerOf(path: string): Promise<FileFacts> {
  const read = async (bytes: Uint8Array): Promise<FileFacts> =>
    await factsOf(bytes, {}) ?? await otherFacts(bytes);
  const start = await readFile(path, HEADER_BYTES);
  try {
    return await read(start);
  } catch (error) {
    if (start.length < HEADER_BYTES) throw error;
    return await read(await readFile(path));
  }
}

/** So many of a list, evenly spread. */
function spread<T>(all: readonly T[], most: number): T[] {
  const step = Math.max(1, all.length / most);
  return Array.from(
    { length: Math.min(all.length, most) },
    (_, i) => all[Math.floor(i * step)] as T,
  );
}

async function headersOf(
  paths: readonly string[],
): Promise<{ readonly headers: Header[]; readonly unread: Unread[] }> {
  const headers: Header[] = [];
  const unread: Unread[] = [];
  await sideBySide(spread(paths, MOST_HEADERS), AT_ONCE, async (path) => {
    try {
      const facts = await headerOf(path);
      if (facts.refused) throw new Error(facts.refused);
      headers.push({ path, facts });
    } catch (error) {
      unread.push({ path, reason: reasonOf(error) });
    }
  });
  const inOrder = (a: { path: string }, b: { path: string }): number =>
    a.path < b.path ? -1 : 1;
  return { headers: headers.sort(inOrder), unread: unread.sort(inOrder) };
}

/** Bands without transparency; libvips makes colours of all that it takes for colours. */
function coloursOf(facts: FileFacts): number {
  const colours = facts.bands - Number(facts.alpha ?? false);
  const converted = facts.by === "libvips" && isOrdinary(facts);
  return converted ? colours === 1 ? 1 : 3 : colours;
}

/** Values of a pixel that most images can have; gray among colours is colour. */
function channelsOf(headers: readonly Header[]): number {
  const counts = new Map<number, number>();
  for (const { facts } of headers) {
    const colours = coloursOf(facts);
    counts.set(colours, (counts.get(colours) ?? 0) + 1);
  }
  const [[most] = [3]] = [...counts].sort(([, a], [, b]) => b - a);
  return most === 1 && counts.has(3) ? 3 : most;
}

/** Values of red, green and blue that a JPEG of a gray image may differ by. */
const GRAY = 4;

/** Whether images that are stored as colours have none. */
async function looksGray(headers: readonly Header[]): Promise<boolean> {
  const shape = { height: 32, width: 32, channels: 3 };
  let looked = 0;
  for (const { path } of spread(headers, MOST_DECODED)) {
    const pixels = await readFile(path).then((bytes) =>
      decodeImage(bytes, shape)
    ).catch(() => undefined);
    if (!pixels) continue;
    looked++;
    for (let i = 0; i < pixels.length; i += 3) {
      const [r, g, b] = pixels.subarray(i, i + 3) as unknown as [
        number,
        number,
        number,
      ];
      if (Math.max(r, g, b) - Math.min(r, g, b) > GRAY) return false;
    }
  }
  return looked > 0;
}

/** Least and largest sample of some files. */
async function extremes(
  headers: readonly Header[],
): Promise<readonly [number, number] | undefined> {
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const { path, facts } of spread(headers, MOST_DECODED)) {
    try {
      checkPixels(facts);
      const { samples } = await rasterOf(await readFile(path), facts, {
        page: facts.pages > 1 ? 1 : undefined,
      });
      for (let i = 0; i < samples.length; i++) {
        const value = samples[i] as number;
        if (value < low) low = value;
        if (value > high) high = value;
      }
    } catch {
      // What cannot be decoded says nothing of the range.
    }
  }
  return low < high ? [low, high] : undefined;
}

/** Short numbers around a range: samples of 0.0002 to 0.998 are of 0 to 1. */
function outward([low, high]: readonly [number, number]): [number, number] {
  if (low >= 0 && high <= 1 && high > 0.5) return [0, 1];
  const unit = 10 ** (Math.floor(Math.log10(high - low)) - 1);
  const exact = (steps: number): number =>
    Number((steps * unit).toPrecision(6));
  return [exact(Math.floor(low / unit)), exact(Math.ceil(high / unit))];
}

/** What becomes black and white, where the type of the samples does not say. */
async function rangeOf(
  headers: readonly Header[],
): Promise<FoundRange | undefined> {
  const odd = headers.filter(({ facts }) => !isOrdinary(facts));
  const [first] = odd;
  if (!first) return undefined;
  const { window, bits, type } = first.facts;
  if (window) {
    return {
      range: window,
      reason: `the window that ${basename(first.path)} names`,
    };
  }
  if (odd.length < headers.length && type === "unsigned") {
    return {
      range: "full",
      reason:
        `${bits}-bit images beside those of 8 bits: each from all that its samples can be`,
    };
  }
  const seen = await extremes(odd);
  return seen && {
    range: type === "unsigned" ? usualRange(seen) : outward(seen),
    reason: `${bits}-bit ${type} samples, of ${
      Math.min(odd.length, MOST_DECODED)
    } files from ${Number(seen[0].toPrecision(4))} to ${
      Number(seen[1].toPrecision(4))
    }`,
  };
}

const area = ({ facts: { width, height } }: Header): number => width * height;

const shortOf = ({ facts: { width, height } }: Header): number =>
  Math.min(width, height);

const sizeText = (header: Header | undefined): string =>
  header ? `${header.facts.width}x${header.facts.height}` : "";

const isHuge = ({ facts }: Header): boolean => {
  try {
    checkPixels(facts);
    return false;
  } catch {
    return true;
  }
};

/** Side of the squares that images are cut into which are too large to decode. */
export const TILE = 512;

const tilesOf = ({ facts: { width, height } }: Header): number =>
  Math.ceil(width / TILE) * Math.ceil(height / TILE);

const average = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

/** The path of a folder, whole. @throws {UserError} When it is none. */
async function folderAt(folder: string): Promise<string> {
  const path = resolve(folder);
  let isFolder: boolean;
  try {
    isFolder = (await Deno.stat(path)).isDirectory;
  } catch (error) {
    throw new UserError(
      `Cannot look at ${path}: ${reasonOf(error)}.\nGive a folder of images.`,
    );
  }
  if (isFolder) return path;
  throw new UserError(
    `Cannot look at ${path}: it is a file, expected a folder of images.\nImages of an archive are read with "source: tar" under "data" of a pipeline.`,
  );
}

/** The only CSV file beside the images, where it names their classes. */
async function tableOf(
  root: string,
  paths: readonly string[],
): Promise<
  { readonly file: string; readonly plan: Plan } | string | undefined
> {
  const files = [...Deno.readDirSync(root)]
    .filter(({ name, isFile }) => isFile && /\.csv$/i.test(name));
  const [only] = files;
  if (!only || files.length > 1) return undefined;
  const file = join(root, only.name);
  try {
    const plan = await planOf(
      { labels: file } as Parameters<typeof planOf>[0],
      paths,
      undefined,
      root,
      { baseDir: root, cacheDir: root },
    );
    return { file, plan };
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    return `${only.name} is not used for labels: ${
      error.message.split("\n")[0]
    }`;
  }
}

/** The only folder of a folder, where all images are in it: no class, but a place. */
function below(paths: readonly string[]): string {
  const [first = ""] = paths;
  const slash = first.indexOf("/");
  const top = first.slice(0, slash + 1);
  return top && paths.every((path) => path.startsWith(top)) ? top : "";
}

function classesOf(
  { train: { labels }, classes }: Plan,
): Pick<Found, "classes" | "fewest"> {
  if (!labels || !classes || new Set(labels).size < 2) return {};
  const counts = new Array<number>(classes.length).fill(0);
  for (const label of labels) counts[label] = (counts[label] ?? 0) + 1;
  return { classes, fewest: Math.min(...counts.filter((count) => count > 0)) };
}

/**
 * Looks at a folder: paths, and headers of the images.
 *
 * @throws {UserError} When it has no images, or their places do not tell splits
 * from classes.
 */
export async function survey(folder: string): Promise<Found> {
  const walk = await walkFolder(
    await folderAt(folder),
    "Give a folder of images.",
  );
  let { root, paths } = walk;
  const remarks: string[] = [];
  for (let top = below(paths); top; top = below(paths)) {
    root = join(root, top);
    paths = paths.map((path) => path.slice(top.length));
    remarks.push(`all images are below ${top}: it is taken for the folder`);
  }
  const flat = paths.every((path) => !path.includes("/"));
  const table = flat ? await tableOf(root, paths) : undefined;
  if (typeof table === "string") remarks.push(table);
  const labelled = typeof table === "object" ? table : undefined;
  const plan = labelled?.plan ?? planLayout(paths, undefined, root);
  const inPlan = [plan.train.paths, plan.test?.paths ?? []]
    .flatMap((names) =>
      Array.from(
        { length: names.length },
        (_, i) => join(root, names.at(i) ?? ""),
      )
    );
  const { headers, unread } = await headersOf(inPlan);
  if (headers.length === 0) {
    throw new UserError(
      `Cannot read any of the ${inPlan.length} images in ${root}. The first of them is ${
        unread[0]?.path
      }: ${unread[0]?.reason}.\nMend or replace the images.`,
    );
  }
  if (inPlan.length > MOST_HEADERS) {
    remarks.push(
      `${
        headers.length + unread.length
      } of ${inPlan.length} files were looked at`,
    );
  }
  const sides = headers.map(shortOf).sort((a, b) => a - b);
  const bySize = headers.toSorted((a, b) => area(a) - area(b));
  const stored = channelsOf(headers);
  const gray = stored === 3 && await looksGray(headers);
  if (gray) remarks.push("the files hold colours, and all of them are gray");
  const channels = gray ? 1 : stored;
  const others = headers.filter(({ facts }) => {
    const colours = coloursOf(facts);
    return colours !== stored && !(stored === 3 && colours === 1);
  });
  if (others.length > 0) {
    remarks.push(
      `${others.length} of the images looked at have other bands than ${stored}, such as ${
        basename(others[0]?.path ?? "")
      }: they are left out`,
    );
  }
  const range = await rangeOf(headers);
  return {
    root,
    train: plan.train.paths.length,
    test: plan.test?.paths.length ?? 0,
    ...classesOf(plan),
    ...(labelled ? { table: labelled.file } : {}),
    looked: headers.length + unread.length,
    shortSide: sides[Math.floor(sides.length / 2)] ?? 0,
    smallest: sizeText(bySize[0]),
    largest: sizeText(bySize.at(-1)),
    channels,
    ...(range ? { range } : {}),
    pages: headers.some(({ facts }) =>
      facts.pages > 1 && !ANIMATIONS.includes(facts.format)
    ),
    huge: headers.some(isHuge),
    tiles: Math.round(
      plan.train.paths.length * average(headers.map(tilesOf)),
    ),
    unread: unread.length,
    ...(unread[0]
      ? { firstUnread: `${basename(unread[0].path)}: ${unread[0].reason}` }
      : {}),
    remarks: [...remarks, ...plan.remarks ?? []],
  };
}
