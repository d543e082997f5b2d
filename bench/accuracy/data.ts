/** @file The images of the comparison: loaded once, the same for both sides. */
import { basename, join, resolve } from "node:path";
import { cifar10 } from "../../lib/data/cifar10.ts";
import { folder } from "../../lib/data/folder.ts";
import {
  type Images,
  type ImageSet,
  inMemory,
  type LoadedData,
  type SourceDefinition,
} from "../../lib/data/source.ts";
import { tar } from "../../lib/data/tar.ts";
import { cacheFolder } from "../../lib/engine/cache.ts";
import { UserError } from "../../lib/errors.ts";
import { encodeNpy } from "../npy.ts";

/** Side of CIFAR-10's images. */
const SIDE = 32;
/** Training images for each test image, as in CIFAR-10. */
const TRAIN_PER_TEST = 5;

/** An image set with labels. */
export type LabelledSet = ImageSet & { readonly labels: Int32Array };

/** Both splits. */
export interface BenchData {
  readonly train: LabelledSet;
  readonly test: LabelledSet;
}

/** What results call the images of a place. */
export const dataName = (path: string | undefined): string =>
  path === undefined ? "cifar10" : basename(path);

async function load(path: string | undefined): Promise<LoadedData> {
  const from = async (source: SourceDefinition, options: unknown) =>
    await source.load(source.options.parse(options), {
      baseDir: Deno.cwd(),
      cacheDir: cacheFolder(),
    });
  if (path === undefined) return await from(cifar10, {});
  const full = resolve(path);
  const isFolder = (await Deno.stat(full).catch(() => null))?.isDirectory;
  return await from(isFolder ? folder : tar, {
    path: full,
    size: SIDE,
    memory: 1e6,
  });
}

/** Evenly spread images, so that sets in order of class keep all classes. */
function thin(set: LabelledSet, count: number): LabelledSet {
  if (count >= set.count) return set;
  const size = set.height * set.width * set.channels;
  const pixels = new Uint8Array(count * size);
  const labels = new Int32Array(count);
  for (let i = 0; i < count; i++) {
    const from = Math.floor(i * set.count / count);
    pixels.set(set.pixels.subarray(from * size, (from + 1) * size), i * size);
    labels[i] = set.labels[from] ?? 0;
  }
  return { ...set, count, pixels, labels };
}

function labelled(set: Images | undefined, name: string): LabelledSet {
  if (!set?.labels) {
    throw new UserError(
      `Cannot compare without labelled ${name} images: expected train/<class>/<image> and test/<class>/<image>.`,
    );
  }
  return { ...inMemory(set), labels: set.labels };
}

/**
 * CIFAR-10, or the same from image files.
 *
 * @param path A tar archive or a folder; without it CIFAR-10 is downloaded.
 * @param images So many training images alone, and a fifth to test with.
 */
export async function loadBenchData(
  path: string | undefined,
  images: number | undefined,
): Promise<BenchData> {
  const data = await load(path);
  const train = labelled(data.train, "training");
  const test = labelled(data.test, "test");
  return {
    train: thin(train, images ?? train.count),
    test: thin(
      test,
      images === undefined ? test.count : Math.ceil(images / TRAIN_PER_TEST),
    ),
  };
}

/** Writes `train-pixels.npy`, `train-labels.npy` and the same of `test`. */
export async function writeForPython(
  { train, test }: BenchData,
  to: string,
): Promise<void> {
  for (const [name, set] of [["train", train], ["test", test]] as const) {
    const { count, height, width, channels, pixels, labels } = set;
    const write = (what: string, shape: number[], bytes: Uint8Array) =>
      Deno.writeFile(
        join(to, `${name}-${what}.npy`),
        encodeNpy({ dtype: "uint8", shape, data: bytes }),
      );
    await write("pixels", [count, height, width, channels], pixels);
    await write("labels", [count], Uint8Array.from(labels));
  }
}
