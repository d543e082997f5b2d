/**
 * @file Images that need be no data set: a folder, an archive, some files or a
 * list of them, with their names, and with labels where folders tell them.
 */
import { basename, dirname, extname, resolve } from "node:path";
import { UserError } from "../errors.ts";
import { readRegularText } from "../regular_file.ts";
import { folderAt, walkFolder } from "./walk.ts";
import { slotsOf } from "./decode_plan.ts";
import { byCodePoint, notAnImage, type Plan, planLayout } from "./layout.ts";
import { imageOptions } from "./image_options.ts";
import { reasonOf } from "./place.ts";
import type { Reading } from "./reading.ts";
import { readFile } from "./read_file.ts";
import type { ImageStream, LoadContext, SkippedFile } from "./source.ts";
import { type OpenFiles, streamPlan } from "./stream.ts";
import { listArchive, openArchives } from "./tar.ts";

/** How image files are read: all that a source of files has, but for its place. */
export interface ReadingOptions extends Reading {
  /** Images are scaled and cropped to it. */
  readonly size: { readonly height: number; readonly width: number };
  /** Values of a pixel. */
  readonly channels: number;
  /** What to do about an image that cannot be read. */
  readonly on_error: "fail" | "skip";
}

/** Images, as they were found. */
export interface LooseImages {
  /** Decoded as they are needed. */
  readonly images: ImageStream & { readonly names: readonly string[] };
  /** Files that are no images, or no whole ones. */
  readonly skipped: readonly SkippedFile[];
  /** What was made of the files, a line each. */
  readonly remarks: readonly string[];
}

/** Paths of images, and how they are opened. */
interface Found {
  readonly where: string;
  readonly paths: readonly string[];
  readonly files: OpenFiles;
  /** Whether folders in the paths may be classes. */
  readonly classed: boolean;
  readonly skipped: SkippedFile[];
}

const UNKNOWN = -1;

/** Labels by the folders, where they tell them. */
function labelled({ paths, where }: Found): Plan {
  try {
    const { train, test, classes } = planLayout(paths, undefined, where);
    if (!classes) return { train: { paths } };
    const splits = { train, ...(test ? { test } : {}) };
    const known = new Map(
      slotsOf(splits).map(({ split, image, path }) =>
        [path, splits[split]?.labels?.[image] ?? UNKNOWN] as const
      ),
    );
    const labels = Int32Array.from(
      paths,
      (path) => known.get(path) ?? UNKNOWN,
    );
    return { train: { paths, labels }, classes };
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    const reason = error.message.split("\n")[0] as string;
    return { train: { paths }, remarks: [`no labels: ${reason}`] };
  }
}

/** Files by their own paths. */
const byPath = (root: string): OpenFiles => ({
  name: ({ path }) => resolve(root, path),
  read: ({ path }, most) => readFile(resolve(root, path), most),
});

const ARCHIVE = /\.(tar|tar\.gz|tgz)$/i;

async function archive(path: string, context: LoadContext): Promise<Found> {
  const skipped: SkippedFile[] = [];
  const listing = await listArchive(
    path,
    (path, error) => skipped.push({ path, reason: reasonOf(error) }),
    skipped,
    context,
  );
  if (
    [...listing.entries.values()].some(({ offset }) => offset === undefined)
  ) {
    throw new UserError(
      `Cannot read ${path} in any order, because it is compressed.\nDecompress it (gunzip), or unpack it and name the folder.`,
    );
  }
  return {
    where: path,
    paths: [...listing.entries.keys()],
    files: openArchives({ train: listing, test: listing }),
    classed: true,
    skipped,
  };
}

/** A list: a path a line, from the list's folder; `#` starts a remark. */
async function list(path: string): Promise<Found> {
  const text = await readRegularText(path);
  const paths = text.split(/\r?\n/).map((line) => line.trim())
    .filter((line) => line !== "" && !line.startsWith("#"));
  if (paths.length === 0) {
    throw new UserError(
      `Cannot read images from ${path}: it names none, expected a path a line.`,
    );
  }
  const files = byPath(dirname(resolve(path)));
  return { where: path, paths, files, classed: false, skipped: [] };
}

async function find(
  places: readonly string[],
  context: LoadContext,
): Promise<Found> {
  const [first = "", ...others] = places;
  const stats = await Promise.all(places.map(async (place) => {
    try {
      return await Deno.stat(place);
    } catch (error) {
      throw new UserError(
        `Cannot read images from ${place}: ${
          reasonOf(error)
        }.\nGive a folder, image files, a tar archive or a .txt list of paths.`,
      );
    }
  }));
  if (others.length === 0) {
    if (stats[0]?.isDirectory) {
      const { root, paths, skipped } = await walkFolder(
        await folderAt(first, context),
      );
      return {
        where: root,
        paths,
        files: byPath(root),
        classed: true,
        skipped,
      };
    }
    if (ARCHIVE.test(first)) return await archive(first, context);
    if (extname(first).toLowerCase() === ".txt") return await list(first);
  }
  for (const place of places) {
    const reason = notAnImage(place);
    if (reason === undefined) continue;
    throw new UserError(
      `Cannot read the image ${place}: ${reason}.\nGive image files, or one folder, one tar archive or one .txt list of paths.`,
    );
  }
  return {
    where: others.length > 0 ? `${places.length} files` : basename(first),
    paths: places,
    files: byPath("."),
    classed: false,
    skipped: [],
  };
}

/**
 * Looks at images without decoding them: in a folder, a tar archive, a list
 * (`.txt`, a path a line) or some files.
 *
 * @throws {UserError} When there are none, or none can be read.
 */
export async function looseImages(
  places: readonly string[],
  options: ReadingOptions,
  context: LoadContext,
): Promise<LooseImages> {
  const found = await find(places, context);
  const ordered = found.classed
    ? { ...found, paths: [...found.paths].sort(byCodePoint) }
    : found;
  const plan = ordered.classed
    ? labelled(ordered)
    : { train: { paths: ordered.paths } };
  const { train, skipped, remarks = [] } = await streamPlan(
    plan,
    ordered.files,
    imageOptions.parse({ ...options, path: ordered.where, memory: 0 }),
    ordered.skipped,
    ordered.where,
    context,
  );
  return { images: train as LooseImages["images"], skipped, remarks };
}
