/** @file The images that both sides read, in a folder. */
import { join } from "node:path";
import { planarBatch, range } from "../../lib/data/planar.ts";
import {
  type BenchData,
  type LabelledSet,
  loadBenchData,
  writeForPython,
} from "../accuracy/data.ts";
import { randomBytes } from "./ours/images.ts";

const SIDE = 32;
const CLASSES = 10;
const TRAIN_FILES = 5;
/** Images of a quick look. */
const FEW = 2000;

function madeSet(count: number): LabelledSet {
  return {
    count,
    height: SIDE,
    width: SIDE,
    channels: 3,
    pixels: randomBytes(count * SIDE * SIDE * 3),
    labels: Int32Array.from({ length: count }, (_, i) => i % CLASSES),
  };
}

/** Images as CIFAR-10's binary version has them: a label, then three planes. */
function records(set: LabelledSet, from: number, count: number): Uint8Array {
  const { data } = planarBatch(set, range(from, count));
  const size = data.length / count;
  const bytes = new Uint8Array(count * (1 + size));
  for (let i = 0; i < count; i++) {
    bytes[i * (1 + size)] = set.labels[from + i] ?? 0;
    const planes = data.subarray(i * size, (i + 1) * size) as Uint8Array;
    bytes.set(planes, i * (1 + size) + 1);
  }
  return bytes;
}

async function writeBinary(
  { train, test }: BenchData,
  folder: string,
): Promise<void> {
  const each = Math.floor(train.count / TRAIN_FILES);
  for (let file = 0; file < TRAIN_FILES; file++) {
    const bytes = records(train, file * each, each);
    await Deno.writeFile(join(folder, `data_batch_${file + 1}.bin`), bytes);
  }
  await Deno.writeFile(
    join(folder, "test_batch.bin"),
    records(test, 0, test.count),
  );
  const names = Array.from({ length: CLASSES }, (_, i) => `class${i}`);
  await Deno.writeTextFile(
    join(folder, "batches.meta.txt"),
    names.join("\n"),
  );
}

/**
 * Writes the images as `.npy` and as CIFAR-10's binary files.
 *
 * @param path Image files in the place of CIFAR-10, which is downloaded.
 * @param quick A few images that are made, where no path is given.
 */
export async function writeData(
  folder: string,
  path: string | undefined,
  quick: boolean,
): Promise<void> {
  const data = quick && path === undefined
    ? { train: madeSet(FEW), test: madeSet(FEW / TRAIN_FILES) }
    : await loadBenchData(path, quick ? FEW : undefined);
  await writeForPython(data, folder);
  await writeBinary(data, folder);
}
