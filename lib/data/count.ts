/** @file How many training images there are, where that is known without loading them. */
import { cifar10 } from "./cifar10.ts";
import { photos } from "./photos.ts";
import type { SourceDefinition } from "./source.ts";

const CIFAR10_TRAIN = 50_000;

async function countPhotos(): Promise<number> {
  const index = new URL("../../data/photos/index.json", import.meta.url);
  const { train, classes } = JSON.parse(await Deno.readTextFile(index)) as {
    readonly train: number;
    readonly classes: readonly unknown[];
  };
  return train * classes.length;
}

const COUNTS: ReadonlyMap<SourceDefinition, () => Promise<number>> = new Map([
  [photos, countPhotos],
  [cifar10, () => Promise.resolve(CIFAR10_TRAIN)],
]);

/** Images to train on; `undefined` where only loading them would tell. */
export async function countImages(
  source: SourceDefinition,
): Promise<number | undefined> {
  return await COUNTS.get(source)?.();
}
