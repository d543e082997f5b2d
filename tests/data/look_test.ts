/** @file Sets that have nothing to tell apart are told of; the line about a set. */
import assert from "@std/assert";
import { describeData } from "../../lib/data/describe.ts";
import { lookAt } from "../../lib/data/look.ts";
import type { ImageSet, ImageStream } from "../../lib/data/source.ts";
import { Dice } from "../helpers/numeric.ts";

const SIDE = 8;

/** Images of a value for each image, pixel and channel. */
function images(
  count: number,
  channels: number,
  value: (image: number, pixel: number, channel: number) => number,
): ImageSet {
  const each = SIDE * SIDE * channels;
  return {
    count,
    height: SIDE,
    width: SIDE,
    channels,
    pixels: Uint8Array.from(
      { length: count * each },
      (_, i) =>
        value(
          Math.floor(i / each),
          Math.floor(i % each / channels),
          i % channels,
        ),
    ),
  };
}

const dice = new Dice(3);
const noise = (): number => Math.floor(256 * dice.unit());

/** What a set is like, the set, and what is said of it. */
const ODD: readonly (readonly [string, ImageSet, RegExp])[] = [
  [
    "all black",
    images(12, 3, () => 0),
    /of one colour: every value is 0 \(12 of 12/,
  ],
  ["all white", images(12, 1, () => 255), /of one colour: every value is 255/],
  [
    "of 16 grays, as 12 bits in 16 are",
    images(12, 1, () => Math.floor(noise() / 16)),
    /nearly constant: their values are in 0\.\.15 of 0\.\.255/,
  ],
  [
    "one image again and again",
    images(9, 3, (_, pixel) => pixel * 4),
    /all the same one/,
  ],
  [
    "images of one colour each",
    images(9, 3, (image) => image * 25),
    /9 of 9 images looked at are of one colour each/,
  ],
  [
    "images with an empty band",
    images(9, 4, (_, __, channel) => channel === 3 ? 0 : noise()),
    /Channel 4 of 4 is nearly constant/,
  ],
];

for (const [what, train, said] of ODD) {
  Deno.test(`A set that is ${what} is told of`, async () => {
    const notes = await lookAt({ train });
    assert.equal(notes.length, 1);
    assert.match(notes[0] ?? "", said);
    assert.match(notes[0] ?? "", /Look at the files, and at "range"/);
  });
}

Deno.test("Nothing is said of images that differ, held or streamed", async () => {
  const train = images(300, 3, noise);
  assert.deepEqual(await lookAt({ train }), []);
  const { pixels, ...info } = train;
  const each = SIDE * SIDE * 3;
  let decoded = 0;
  const stream: ImageStream = {
    ...info,
    names: Array.from({ length: 300 }, (_, i) => `${i}`),
    decode(image) {
      decoded++;
      return Promise.resolve(pixels.slice(image * each, (image + 1) * each));
    },
  };
  assert.deepEqual(await lookAt({ train: stream }), []);
  assert.equal(decoded, 32);
});

Deno.test("The line about a set has its images, classes and shape, always", () => {
  const train = images(1200, 1, noise);
  assert.deepEqual(describeData({ train, skipped: [] }), [
    "1,200 images to train on, none to test with, no labels, 8x8 pixels of 1 channel",
  ]);
  const labels = Int32Array.from({ length: 2 }, (_, i) => i);
  const test = { ...images(2, 3, noise), labels };
  const classes = ["cat", "dog"];
  assert.deepEqual(
    describeData({
      train: { ...test, classes },
      test: { ...test, classes },
      skipped: [{ path: "x", reason: "y" }],
      remarks: ["scaled"],
    }),
    [
      "2 images to train on, 2 to test with, 2 classes (cat, dog), 8x8 pixels of 3 channels, 1 file left out",
      "scaled",
    ],
  );
  const many = Array.from({ length: 20 }, (_, i) => `c${i}`);
  const [line] = describeData({
    train: { ...test, classes: many },
    skipped: [],
  });
  assert.match(
    line ?? "",
    /20 classes \(c0, c1, c2, c3, c4, c5, c6, c7, \.\.\.\)/,
  );
});
