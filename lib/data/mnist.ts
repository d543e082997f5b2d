/** @file MNIST and data sets of its form. */
import { join } from "node:path";
import { z } from "zod";
import { UserError } from "../errors.ts";
import { readRegularFile } from "../regular_file.ts";
import { type IdxArray, readIdx } from "./idx.ts";
import { findPlace, reasonOf } from "./place.ts";
import { surveyPath } from "./survey.ts";
import {
  defineSource,
  type ImageSet,
  type SourceDefinition,
} from "./source.ts";

const SIDE = 28;
/** No file of this form that fits into memory has more. */
const MOST_BYTES = 2 ** 30;
const CURE = 'Get the files again, or check the path under "data".';

/** Names of a file: as published, and as some copies have it. */
const namesOf = (split: string, kind: string, rank: number): string[] =>
  ["-", "."].flatMap((separator) => {
    const name = `${split}-${kind}${separator}idx${rank}-ubyte`;
    return [name, `${name}.gz`];
  });

/** The first of the files that is there. */
async function readFirst(
  folder: string,
  names: readonly string[],
  rank: number,
): Promise<{ path: string; array: IdxArray } | undefined> {
  for (const name of names) {
    const path = join(folder, name);
    try {
      const bytes = await readRegularFile(path, MOST_BYTES);
      return { path, array: await readIdx(bytes, rank) };
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) continue;
      throw new UserError(`Cannot read ${path}: ${reasonOf(error)}.\n${CURE}`);
    }
  }
  return undefined;
}

async function readSplit(
  folder: string,
  split: string,
): Promise<ImageSet | undefined> {
  const images = await readFirst(folder, namesOf(split, "images", 3), 3);
  if (!images) return undefined;
  const labels = await readFirst(folder, namesOf(split, "labels", 1), 1);
  const { path, array: { shape, data } } = images;
  const [count = 0, height = 0, width = 0] = shape;
  if (height !== SIDE || width !== SIDE || count === 0) {
    throw new UserError(
      `Cannot use ${path}: it has ${count} images of ${width}x${height}, expected some of ${SIDE}x${SIDE}.\n${CURE}`,
    );
  }
  if (labels && labels.array.data.length !== count) {
    throw new UserError(
      `Cannot use ${labels.path}: it has ${labels.array.data.length} labels for the ${count} images in ${path}, expected one each.\n${CURE}`,
    );
  }
  return {
    count,
    height,
    width,
    channels: 1,
    pixels: data,
    ...(labels ? { labels: Int32Array.from(labels.array.data) } : {}),
  };
}

/** Names the classes of both splits alike: the data has numbers only. */
function classNames(sets: readonly (ImageSet | undefined)[]): string[] {
  let most = 0;
  for (const set of sets) {
    for (const label of set?.labels ?? []) most = Math.max(most, label);
  }
  return Array.from({ length: most + 1 }, (_, i) => String(i));
}

/** 28x28 images in gray, in IDX files. */
export const mnist: SourceDefinition = defineSource({
  name: "mnist",
  summary:
    "MNIST, Fashion-MNIST and others of that form: a folder with train-images-idx3-ubyte and t10k-images-idx3-ubyte, 28x28 in gray; .gz or not, labels if there are any",
  reference: "https://yann.lecun.org/exdb/mnist/",
  options: z.strictObject({
    path: z.string().min(1).describe("Folder with the IDX files"),
  }),
  shape: () => ({ height: SIDE, width: SIDE, channels: 1 }),
  survey: ({ path }, baseDir) => surveyPath(path, baseDir),
  async load({ path }, context) {
    const { path: folder, isFolder } = await findPlace(path, context, "MNIST");
    if (!isFolder) {
      throw new UserError(
        `Cannot read MNIST from ${folder}: it is a file, expected the folder that the IDX files are in.\nCheck the path under "data".`,
      );
    }
    const train = await readSplit(folder, "train");
    if (!train) {
      throw new UserError(
        `Cannot find the images of MNIST in ${folder}: expected train-images-idx3-ubyte or train-images-idx3-ubyte.gz.\nCheck the path under "data".`,
      );
    }
    const test = await readSplit(folder, "t10k");
    const classes = classNames([train, test]);
    const named = (set: ImageSet): ImageSet =>
      set.labels ? { ...set, classes } : set;
    return {
      train: named(train),
      ...(test ? { test: named(test) } : {}),
      skipped: [],
    };
  },
});
