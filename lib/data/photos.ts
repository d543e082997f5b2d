/** @file The data set that comes with Stopgrad: patches of photographs. */
import { z } from "zod";
import INDEX from "../../data/photos/index.json" with { type: "json" };
import { decodeGray } from "./libvips.ts";
import {
  defineSource,
  type ImageSet,
  type SourceDefinition,
} from "./source.ts";

const FOLDER = new URL("../../data/photos/", import.meta.url);

/** Cuts the sheets of one split into patches. */
async function readSplit(
  split: "train" | "test",
): Promise<ImageSet> {
  const { side, columns, classes } = INDEX;
  const each = INDEX[split];
  const count = each * classes.length;
  const area = side * side;
  const pixels = new Uint8Array(count * area * 3);
  const labels = new Int32Array(count);
  await Promise.all(classes.map(async ({ name }, label) => {
    const file = new URL(`${name}-${split}.jpg`, FOLDER);
    const sheet = await decodeGray(await Deno.readFile(file));
    for (let k = 0; k < each; k++) {
      const top = Math.floor(k / columns) * side;
      const left = (k % columns) * side;
      const image = label * each + k;
      labels[image] = label;
      for (let i = 0; i < area; i++) {
        const row = top + Math.floor(i / side);
        const value = sheet.data[row * sheet.width + left + i % side] ?? 0;
        pixels.fill(value, 3 * (image * area + i), 3 * (image * area + i) + 3);
      }
    }
  }));
  return {
    count,
    height: side,
    width: side,
    channels: 3,
    pixels,
    labels,
    classes: classes.map(({ name }) => name),
  };
}

/** 15 photographs in 32x32 patches: 7,200 to train, 1,200 to test. */
export const photos: SourceDefinition = defineSource({
  name: "photos",
  summary:
    "Patches of 15 photographs that come with Stopgrad, 32x32, labelled by photograph; train and test share no pixel",
  reference: "data/photos/LICENSE.md",
  options: z.strictObject({}),
  shape: () => ({ height: 32, width: 32, channels: 3 }),
  trainImages: () => INDEX.train * INDEX.classes.length,
  async load() {
    const [train, test] = await Promise.all([
      readSplit("train"),
      readSplit("test"),
    ]);
    return { train, test, skipped: [] };
  },
});
