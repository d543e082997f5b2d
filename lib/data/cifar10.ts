/** @file CIFAR-10: 60,000 images in ten classes. */
import { join } from "node:path";
import { z } from "zod";
import { UserError } from "../errors.ts";
import {
  cifarFiles,
  META,
  TEST_BATCH,
  TRAIN_BATCHES,
} from "./cifar10_archive.ts";
import {
  type Batch,
  isPickle,
  readPickledBatch,
  readPickledNames,
} from "./cifar10_pickle.ts";
import { download } from "./download.ts";
import { findPlace, type Place, reasonOf } from "./place.ts";
import {
  defineSource,
  type ImageSet,
  type LoadContext,
  type SourceDefinition,
} from "./source.ts";

const SIDE = 32;
const AREA = SIDE * SIDE;
const PIXELS = 3 * AREA;
const RECORD = 1 + PIXELS;

const options = z.strictObject({
  path: z.string().min(1).optional().describe(
    "Archive or unpacked folder, the binary or the python version; without it the data is downloaded",
  ),
  url: z.string().refine(
    (url) => URL.canParse(url) && /^https?:$/.test(new URL(url).protocol),
    "expected an address that starts with https:// or http://",
  ).default("https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz")
    .describe("Where to download the archive from"),
  md5: z.string().refine(
    (digest) => /^[0-9a-fA-F]{32}$/.test(digest),
    "expected 32 hexadecimal digits",
  ).default("c32a1d4ab5d03f1284b67883e8d87530")
    .describe("Checksum of the downloaded archive"),
});

/** A batch of the binary version: records of a label and three planes. */
function readBinaryBatch(bytes: Uint8Array): Batch {
  const count = bytes.length / RECORD;
  if (count === 0 || !Number.isInteger(count)) {
    throw new Error(
      `it has ${bytes.length} bytes, expected records of ${RECORD} bytes (1 label, ${PIXELS} pixels)`,
    );
  }
  const labels = Array.from(
    { length: count },
    (_, image) => bytes[image * RECORD] as number,
  );
  return { count, pixels: bytes, start: 1, stride: RECORD, labels };
}

const readTextNames = (bytes: Uint8Array): readonly string[] =>
  new TextDecoder().decode(bytes).split("\n").map((line) => line.trim())
    .filter(Boolean);

/** Reads a batch of either version. @throws {UserError} When it is broken. */
function readBatch(
  files: ReadonlyMap<string, Uint8Array>,
  name: string,
  classes: readonly string[],
  path: string,
): Batch {
  const bytes = files.get(name) as Uint8Array;
  try {
    const batch = isPickle(bytes)
      ? readPickledBatch(bytes)
      : readBinaryBatch(bytes);
    const wrong = batch.labels.find((label) => !(label in classes));
    if (wrong !== undefined) {
      throw new Error(
        `it has a label ${wrong}, expected 0..${classes.length - 1}`,
      );
    }
    return batch;
  } catch (error) {
    throw broken(name, path, error);
  }
}

const broken = (name: string, path: string, error: unknown): UserError =>
  new UserError(
    `Cannot read ${name} of CIFAR-10 in ${path}: ${
      reasonOf(error)
    }.\nDownload the data again.`,
  );

function readNames(bytes: Uint8Array, path: string): readonly string[] {
  try {
    return isPickle(bytes) ? readPickledNames(bytes) : readTextNames(bytes);
  } catch (error) {
    throw broken(META, path, error);
  }
}

/** Batches one after another, from planes to channels last. */
function joinBatches(
  batches: readonly Batch[],
  classes: readonly string[],
): ImageSet {
  const count = batches.reduce((sum, batch) => sum + batch.count, 0);
  const pixels = new Uint8Array(count * PIXELS);
  let at = 0;
  for (const { count, pixels: planes, start, stride } of batches) {
    for (let image = 0; image < count; image++) {
      const red = start + image * stride;
      for (let i = red; i < red + AREA; i++) {
        pixels[at++] = planes[i] as number;
        pixels[at++] = planes[i + AREA] as number;
        pixels[at++] = planes[i + 2 * AREA] as number;
      }
    }
  }
  return {
    count,
    height: SIDE,
    width: SIDE,
    channels: 3,
    pixels,
    labels: Int32Array.from(batches.flatMap(({ labels }) => labels)),
    classes,
  };
}

/** A batch that lost its end still has whole records: compare them. */
function checkCounts(batches: readonly Batch[], path: string): void {
  const counts = batches.map(({ count }) => count);
  if (new Set(counts).size === 1) return;
  throw new UserError(
    `Cannot read CIFAR-10 in ${path}: its training batches have ${
      counts.join(", ")
    } images, expected as many in each.\nDownload the data again.`,
  );
}

async function fetchArchive(
  { url, md5 }: z.infer<typeof options>,
  { cacheDir, onProgress }: LoadContext,
): Promise<Place> {
  const digest = md5.toLowerCase();
  // Another checksum is another file.
  const path = join(cacheDir, "data", `cifar10-${digest.slice(0, 8)}.tar.gz`);
  await download({
    what: "CIFAR-10",
    url,
    path,
    checksum: { algorithm: "md5", digest },
    otherwise:
      'Check the network and the proxy (HTTPS_PROXY), or get the archive by other means and set "path" under "data" to it.',
    onProgress,
  });
  return { path, isFolder: false };
}

/** The labelled data set of Krizhevsky (2009). */
export const cifar10: SourceDefinition = defineSource({
  name: "cifar10",
  summary:
    "CIFAR-10, 32x32 in colours, ten classes: 50,000 images to train, 10,000 to test; downloaded (170 MB) unless `path` is given",
  reference: "https://www.cs.toronto.edu/~kriz/cifar.html",
  options,
  trainImages: () => 50_000,
  shape: () => ({ height: SIDE, width: SIDE, channels: 3 }),
  async load(options, context) {
    const { path } = options;
    const place = path === undefined
      ? await fetchArchive(options, context)
      : await findPlace(path, context, "CIFAR-10");
    const cure = path === undefined
      ? `Delete ${place.path}: the next run downloads it again.`
      : undefined;
    const files = await cifarFiles(place, cure);
    const classes = readNames(files.get(META) as Uint8Array, place.path);
    const read = (name: string): Batch =>
      readBatch(files, name, classes, place.path);
    const batches = TRAIN_BATCHES.map(read);
    checkCounts(batches, place.path);
    return {
      train: joinBatches(batches, classes),
      test: joinBatches([read(TEST_BATCH)], classes),
      skipped: [],
    };
  },
});
