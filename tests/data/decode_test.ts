import assert from "@std/assert";
import { Buffer } from "node:buffer";
import sharp from "sharp";
import { decodeImage } from "../../lib/data/decode.ts";
import { image } from "./fixtures.ts";

const SHAPE = { height: 8, width: 8, channels: 3 };

/** One pixel of a decoded image. */
const at = (
  pixels: Uint8Array,
  row: number,
  column: number,
  { width, channels } = SHAPE,
): number[] => {
  const start = (row * width + column) * channels;
  return [...pixels.subarray(start, start + channels)];
};

function near(
  found: readonly number[],
  expected: readonly number[],
  tolerance: number,
): void {
  const worst = Math.max(
    ...expected.map((value, i) => Math.abs(value - (found[i] ?? Infinity))),
  );
  assert.ok(
    found.length === expected.length && worst <= tolerance,
    `found ${found}, expected ${expected} within ${tolerance}`,
  );
}

/** Red, and blue from a column on, 16x8. */
async function redBlue(from: number): Promise<Uint8Array> {
  const input = Buffer.from(await image([0, 0, 255], "png", 16 - from, 8));
  return await sharp(await image([255, 0, 0], "png", 16, 8))
    .composite([{ input, left: from, top: 0 }]).png().toBuffer();
}

const FORMATS = ["png", "jpeg", "webp", "tiff", "gif", "avif"] as const;
for (const format of FORMATS) {
  Deno.test(`An image in ${format} is decoded and scaled`, async () => {
    const bytes = await image([200, 100, 50], format, 20, 30);
    const pixels = await decodeImage(bytes, SHAPE);
    assert.equal(pixels.length, 192);
    near(at(pixels, 3, 4), [200, 100, 50], format === "png" ? 0 : 6);
  });
}

Deno.test("A wide image loses its sides, not its proportions", async () => {
  const middle = await decodeImage(await redBlue(8), SHAPE);
  near(at(middle, 4, 0), [255, 0, 0], 0);
  near(at(middle, 4, 7), [0, 0, 255], 0);
  const side = await decodeImage(await redBlue(12), SHAPE);
  near(at(side, 4, 7), [255, 0, 0], 0);
});

Deno.test("The orientation in EXIF is applied", async () => {
  // 6: to be turned right by a quarter, so that the left side comes up.
  const bytes = await sharp(await redBlue(8)).withMetadata({ orientation: 6 })
    .jpeg({ quality: 100, chromaSubsampling: "4:4:4" }).toBuffer();
  const shape = { height: 16, width: 8, channels: 3 };
  const pixels = await decodeImage(bytes, shape);
  near(at(pixels, 1, 4, shape), [255, 0, 0], 8);
  near(at(pixels, 14, 4, shape), [0, 0, 255], 8);
});

Deno.test("CMYK becomes RGB", async () => {
  const bytes = await sharp(await image([255, 0, 0], "png", 16, 16))
    .toColourspace("cmyk").jpeg({ quality: 100 }).toBuffer();
  assert.equal((await sharp(bytes).metadata()).space, "cmyk");
  // Printers have no such red; it must be red all the same.
  near(at(await decodeImage(bytes, SHAPE), 4, 4), [235, 25, 30], 35);
});

Deno.test("16 bits become 8 where their full range is asked for", async () => {
  const bytes = await sharp(await image([200, 100, 50]))
    .toColourspace("rgb16").png().toBuffer();
  assert.equal((await sharp(bytes).metadata()).depth, "ushort");
  near(at(await decodeImage(bytes, SHAPE, { range: "full" }), 4, 4), [
    200,
    100,
    50,
  ], 1);
});

Deno.test("16 bits of gray become 8 where their full range is asked for", async () => {
  const bytes = await sharp(await image([90, 90, 90]))
    .toColourspace("grey16").png().toBuffer();
  assert.equal((await sharp(bytes).metadata()).depth, "ushort");
  near(at(await decodeImage(bytes, SHAPE, { range: "full" }), 4, 4), [
    90,
    90,
    90,
  ], 1);
});

Deno.test("Gray becomes three channels, colours become one", async () => {
  const gray = await sharp(await image([90, 90, 90])).toColourspace("b-w")
    .png().toBuffer();
  assert.equal((await sharp(gray).metadata()).channels, 1);
  near(at(await decodeImage(gray, SHAPE), 4, 4), [90, 90, 90], 0);
  const shape = { height: 8, width: 8, channels: 1 };
  const pixels = await decodeImage(await image([255, 0, 0]), shape);
  assert.equal(pixels.length, 64);
  // Its luminance, which is 0.2126 in linear light.
  near(at(pixels, 4, 4, shape), [127], 2);
});

Deno.test("Transparency is laid over black, with and without colours", async () => {
  const half = { r: 200, g: 200, b: 200, alpha: 0.5 };
  const colours = await sharp({
    create: { width: 8, height: 8, channels: 4, background: half },
  }).png().toBuffer();
  near(at(await decodeImage(colours, SHAPE), 4, 4), [100, 100, 100], 2);
  const gray = await sharp(colours).toColourspace("b-w").png().toBuffer();
  assert.equal((await sharp(gray).metadata()).channels, 2);
  near(at(await decodeImage(gray, SHAPE), 4, 4), [100, 100, 100], 2);
});

Deno.test("A palette becomes colours", async () => {
  const bytes = await sharp(await image([200, 100, 50])).png({ palette: true })
    .toBuffer();
  near(at(await decodeImage(bytes, SHAPE), 4, 4), [200, 100, 50], 1);
});

Deno.test("Of an animation the first frame is taken", async () => {
  const frames = [await image([255, 0, 0]), await image([0, 0, 255])];
  const bytes = await sharp(frames, { join: { animated: true } }).gif()
    .toBuffer();
  assert.equal((await sharp(bytes).metadata()).pages, 2);
  near(at(await decodeImage(bytes, SHAPE), 4, 4), [255, 0, 0], 2);
});

Deno.test("What is not a whole image is refused", async () => {
  const noise = sharp({
    create: {
      width: 64,
      height: 64,
      channels: 3,
      background: "gray",
      noise: { type: "gaussian", mean: 128, sigma: 40 },
    },
  });
  for (const format of ["jpeg", "png", "webp", "gif"] as const) {
    const bytes = await noise.clone().toFormat(format).toBuffer();
    await decodeImage(bytes, SHAPE);
    const half = bytes.subarray(0, Math.floor(bytes.length / 2));
    await assert.rejects(decodeImage(half, SHAPE), Error, format);
  }
  const text = new TextEncoder().encode("not an image");
  await assert.rejects(decodeImage(text, SHAPE), /none of the formats/);
  await assert.rejects(decodeImage(new Uint8Array(), SHAPE));
});
