/** @file A share of the images to train on. */
import assert from "@std/assert";
import { shareOf } from "../../lib/data/share.ts";
import type { ImageSet, ImageStream } from "../../lib/data/source.ts";
import { tinyImages } from "../evaluate/tiny.ts";

const train = tinyImages(40, 1, 4);
const data = { train, test: tinyImages(8, 2, 4), skipped: [] };

Deno.test("A share is that of each class, the same for a seed, and its images are those of the whole", () => {
  const { train: some, test, remarks } = shareOf(data, 0.2, 3);
  const own = some as ImageSet;
  assert.equal(own.count, 8);
  assert.deepEqual([...own.labels!].sort(), [0, 0, 1, 1, 2, 2, 3, 3]);
  assert.equal(test, data.test);
  assert.match(remarks!.at(-1)!, /8 of 40 images: 20 % of each class/);
  const size = train.pixels.length / train.count;
  const all = new Set(
    Array.from(
      { length: train.count },
      (_, i) => train.pixels.slice(i * size, (i + 1) * size).join(),
    ),
  );
  for (let i = 0; i < own.count; i++) {
    assert.ok(all.has(own.pixels.slice(i * size, (i + 1) * size).join()));
  }
  assert.deepEqual(shareOf(data, 0.2, 3).train, some);
  assert.notDeepEqual(shareOf(data, 0.2, 4).train, some);
  assert.equal(shareOf(data, 0.001, 0).train.count, 4);
  assert.equal(shareOf(data, 1, 0), data);
});

Deno.test("A share of images that are read one after another keeps their parts", async () => {
  const { labels: _, pixels: __, ...info } = train;
  const stream: ImageStream = {
    ...info,
    names: Array.from({ length: 40 }, (_, i) => `${i}`),
    turns: { parts: Int32Array.of(0, 10, 30), lanes: 2, buffer: 4 },
    decode: (image) => Promise.resolve(Uint8Array.of(image)),
  };
  const { train: some } = shareOf({ train: stream, skipped: [] }, 0.5, 0);
  const { count, names, turns, decode } = some as ImageStream;
  assert.equal(count, 20);
  const places: number[] = [];
  for (let i = 0; i < count; i++) places.push((await decode(i))![0]!);
  assert.deepEqual(places, places.toSorted((a, b) => a - b));
  assert.equal(new Set(places).size, 20);
  assert.deepEqual(
    Array.from({ length: count }, (_, i) => Number(names.at(i))),
    places,
  );
  const before = (part: number) => places.filter((one) => one < part).length;
  assert.deepEqual([...turns!.parts], [0, before(10), before(30)]);
});
