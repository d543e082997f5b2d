/** @file What decoders remark on things beside the pixels is no damage; damage of pixels is. */
import assert from "@std/assert";
import sharp from "sharp";
import { decodeImage } from "../../lib/data/decode.ts";
import { folder as source } from "../../lib/data/folder.ts";
import { load, withFolder, write } from "./fixtures.ts";
import { tiff } from "./made.ts";
import { bytesOf } from "./png.ts";

const SIDE = 16;
const SHAPE = { height: SIDE, width: SIDE, channels: 3 };
const PIXELS = Array.from({ length: SIDE * SIDE * 3 }, (_, i) => i * 7 % 256);
const PARTS = { width: SIDE, height: SIDE, bands: 3, pages: [PIXELS] };
const ascii = (text: string) => bytesOf(text);

/** TIFFs whose pixels are whole, each with something that libtiff remarks on. */
const TIFFS: Readonly<Record<string, Uint8Array>> = {
  "a NUL within its date": tiff({
    ...PARTS,
    entries: [[306, 2, 20, ascii("2020:01:01\x0000:00:00\0")]],
  }),
  "a NUL within its maker's name": tiff({
    ...PARTS,
    entries: [[271, 2, 8, ascii("ab\0defg\0")]],
  }),
  "a description without an end": tiff({
    ...PARTS,
    entries: [[270, 2, 8, ascii("abcdefgh")]],
  }),
  "an empty list of places on the earth": tiff({
    ...PARTS,
    entries: [[34736, 12, 0, 0]],
  }),
  "tags out of order": tiff({ ...PARTS, unsorted: true }),
  "a tag that nobody knows": tiff({
    ...PARTS,
    entries: [[65000, 7, 8, ascii("abcdefgh")]],
  }),
};

for (const [what, bytes] of Object.entries(TIFFS)) {
  Deno.test(`A TIFF with ${what} is decoded like one without`, async () => {
    assert.deepEqual([...await decodeImage(bytes, SHAPE)], PIXELS);
  });
}

const JPEG = new Uint8Array(
  await sharp(Uint8Array.from(PIXELS), {
    raw: { width: SIDE, height: SIDE, channels: 3 },
  }).jpeg({ quality: 95 }).toBuffer(),
);

/** Puts two stray bytes before the first marker of a kind. */
function stray(marker: number): Uint8Array {
  const at = JPEG.findIndex((byte, i) =>
    i > 1 && byte === 0xff && JPEG[i + 1] === marker
  );
  assert.ok(at > 0);
  return bytesOf(
    JPEG.subarray(0, at),
    Uint8Array.of(0x12, 0x34),
    JPEG.subarray(at),
  );
}

for (
  const [where, marker] of [
    ["a quantisation table", 0xdb],
    ["the frame", 0xc0],
    ["a Huffman table", 0xc4],
    ["the scan", 0xda],
  ] as const
) {
  Deno.test(`A JPEG with stray bytes before ${where} is decoded like one without`, async () => {
    assert.deepEqual(
      await decodeImage(stray(marker), SHAPE),
      await decodeImage(JPEG, SHAPE),
    );
  });
}

Deno.test("A JPEG with stray bytes that is cut off is refused all the same", async () => {
  const bytes = stray(0xda);
  await assert.rejects(
    decodeImage(bytes.subarray(0, Math.floor(bytes.length * 0.8)), SHAPE),
    Error,
  );
});

Deno.test("A JPEG with damaged pixels is refused with stray bytes and without", async () => {
  for (const bytes of [JPEG.slice(), stray(0xdb).slice()]) {
    // A marker in the middle of the pixels.
    bytes.set([0xff, 0xd3], bytes.length - 40);
    await assert.rejects(decodeImage(bytes, SHAPE), Error);
  }
});

Deno.test("A TIFF with a remark whose packed pixels are damaged is refused", async () => {
  const packed = new Uint8Array(
    await sharp(Uint8Array.from(PIXELS), {
      raw: { width: SIDE, height: SIDE, channels: 3 },
    }).tiff({ compression: "deflate" }).toBuffer(),
  );
  await decodeImage(packed, SHAPE);
  packed.fill(0x55, 12, 60);
  await assert.rejects(decodeImage(packed, SHAPE), Error);
});

Deno.test(
  "Whole files with remarks are all read, held and streamed, and none is left out",
  withFolder(async (folder) => {
    const files = Object.values(TIFFS).map((bytes, i) =>
      [`data/${i}.tif`, bytes] as const
    );
    await write(folder, Object.fromEntries(files));
    for (const on_error of ["fail", "skip"]) {
      const options = { path: "data", size: SIDE, on_error };
      const { train, skipped } = await load(source, options, folder);
      assert.equal(train.count, files.length);
      assert.deepEqual(skipped, []);
      const { train: streamed } = await source.load(
        source.options.parse({ ...options, memory: 0 }),
        { baseDir: folder, cacheDir: folder },
      );
      if (!("decode" in streamed)) throw new Error("expected a stream");
      assert.deepEqual([...await streamed.decode(0) ?? []], PIXELS);
    }
  }),
);
