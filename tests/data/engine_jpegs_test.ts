/** @file What the engine makes of ordinary JPEGs is to the bit what sharp makes of them; all others are left to sharp. */
import assert from "@std/assert";
import sharp, { type JpegOptions, type Sharp } from "sharp";
import { decodeImage } from "../../lib/data/decode.ts";
import { EngineJpegs } from "../../lib/data/engine_jpegs.ts";
import { folder as folderSource } from "../../lib/data/folder.ts";
import { splitMix32 } from "../../lib/data/shuffle.ts";
import {
  type Images,
  type ImageShape,
  isInMemory,
  type LoadedData,
  type SkippedFile,
} from "../../lib/data/source.ts";
import { engine } from "../helpers/engine.ts";
import { withFolder, write } from "./fixtures.ts";

/** A picture with edges and noise, the same every time. */
function picture(width: number, height: number, seed = 1): Sharp {
  const roll = splitMix32(seed);
  const pixels = new Uint8Array(width * height * 3);
  for (let i = 0; i < pixels.length; i++) {
    const [x, y] = [
      Math.floor(i / 3) % width,
      Math.floor(i / 3 / width),
    ] as const;
    const edge = (x >> 2) + (y >> 3) + i % 3 & 1 ? 150 : 40;
    pixels[i] = edge + roll() % 60;
  }
  return sharp(pixels, { raw: { width, height, channels: 3 } });
}

const jpeg = async (image: Sharp, options?: JpegOptions): Promise<Uint8Array> =>
  new Uint8Array(await image.jpeg({ quality: 85, ...options }).toBuffer());

const shapeOf = (
  width: number,
  height = width,
  channels = 3,
): ImageShape => ({ width, height, channels });

const byEngine = (
  file: Uint8Array,
  shape: ImageShape,
): Promise<Uint8Array | undefined> =>
  new EngineJpegs(engine, shape).decode(file);

/** The places of values that differ. */
function differences(a: Uint8Array, b: Uint8Array): number {
  assert.equal(a.length, b.length);
  return a.reduce((sum, value, i) => sum + Number(value !== b[i]), 0);
}

async function assertSame(file: Uint8Array, shape: ImageShape): Promise<void> {
  const own = await byEngine(file, shape);
  if (!own) throw new Error("the engine did not take it");
  assert.equal(differences(own, await decodeImage(file, shape)), 0);
}

/** Of files, and what they are made to: as they are, reduced, halved while decoded and more. */
const SIZES: readonly (readonly [
  width: number,
  height: number,
  to: readonly [width: number, height: number],
])[] = [
  [32, 32, [32, 32]],
  [1, 1, [1, 1]],
  [17, 9, [17, 9]],
  [48, 48, [32, 32]],
  [40, 33, [32, 32]],
  [97, 63, [24, 40]],
  [101, 100, [33, 33]],
  [86, 171, [21, 21]],
  [43, 54, [4, 4]],
  [300, 411, [37, 50]],
  // The one side where libvips' sums of positions round otherwise.
  [193, 193, [192, 192]],
  [250, 239, [192, 192]],
];

for (const [width, height, to] of SIZES) {
  Deno.test(`A JPEG of ${width}x${height} becomes ${to.join("x")} as sharp makes it`, async () => {
    const image = picture(width, height);
    for (const chromaSubsampling of ["4:2:0", "4:4:4"]) {
      const file = await jpeg(image.clone(), { chromaSubsampling });
      await assertSame(file, shapeOf(...to));
    }
    const gray = await jpeg(image.clone().toColourspace("b-w"));
    await assertSame(gray, shapeOf(...to));
    await assertSame(gray, shapeOf(...to, 1));
  });
}

/** The segments of an end and a start, which decoders take as one scan. */
function withRestarts(file: Uint8Array): Uint8Array {
  // A restart interval that is never reached.
  const at = file.findIndex((byte, i) => byte === 0xff && file[i + 1] === 0xda);
  return Uint8Array.from([
    ...file.subarray(0, at),
    ...[0xff, 0xdd, 0, 4, 0xff, 0xff],
    ...file.subarray(at),
  ]);
}

Deno.test("What is no ordinary JPEG is left to sharp", async () => {
  const image = () => picture(32, 32);
  const plain = await jpeg(image());
  assert.ok(await byEngine(plain, shapeOf(32)));
  assert.ok(await byEngine(withRestarts(plain), shapeOf(32)));
  const others: Readonly<Record<string, Uint8Array>> = {
    "turned": await jpeg(image().withMetadata({ orientation: 6 })),
    "with a profile": await jpeg(image().withIccProfile("p3")),
    "progressive": await jpeg(image(), { progressive: true }),
    "of CMYK": await jpeg(image().toColourspace("cmyk")),
    "a PNG": new Uint8Array(await image().png().toBuffer()),
    "with a byte between segments": Uint8Array.from([
      ...plain.subarray(0, 2),
      0,
      ...plain.subarray(2),
    ]),
    "without its end": plain.subarray(0, plain.length - 2),
    "cut off": plain.subarray(0, plain.length - 40),
    "empty": new Uint8Array(0),
  };
  for (const [what, file] of Object.entries(others)) {
    assert.equal(await byEngine(file, shapeOf(32)), undefined, what);
  }
  assert.equal(await byEngine(plain, shapeOf(32, 32, 1)), undefined, "luma");
  assert.equal(await byEngine(plain, shapeOf(48)), undefined, "enlarged");
});

Deno.test("Of damaged JPEGs the engine takes none that sharp refuses", async () => {
  const roll = splitMix32(7);
  const shape = shapeOf(16);
  const files = await Promise.all([
    jpeg(picture(24, 24)),
    jpeg(picture(24, 24, 2), { optimiseCoding: false }),
    jpeg(picture(24, 24, 3), { chromaSubsampling: "4:4:4", quality: 40 }),
  ]);
  let taken = 0;
  let refused = 0;
  for (let i = 0; i < 400; i++) {
    const file = (files[i % 3] as Uint8Array).slice();
    for (let k = roll() % 2; k >= 0; k--) {
      // Tables and pixels: what comes before is looked at in other tests.
      const at = 20 + roll() % (file.length - 20);
      file[at] = roll() % 256;
    }
    const own = await byEngine(file, shape);
    if (!own) {
      refused += await decodeImage(file, shape).then(() => 0, () => 1);
      continue;
    }
    taken++;
    assert.equal(differences(own, await decodeImage(file, shape)), 0, `${i}`);
  }
  assert.ok(taken > 50, `the engine took ${taken}`);
  assert.ok(refused > 50, `sharp refused ${refused}`);
});

async function loaded(
  base: string,
  memory: number,
  withEngine: boolean,
  options: Record<string, unknown> = {},
): Promise<{ data: LoadedData; later: SkippedFile[] }> {
  const later: SkippedFile[] = [];
  const data = await folderSource.load(
    folderSource.options.parse({
      path: "data",
      size: 16,
      on_error: "skip",
      memory,
      ...options,
    }),
    {
      baseDir: base,
      cacheDir: base,
      onSkipped: (file) => later.push(file),
      ...(withEngine ? { engine: () => Promise.resolve(engine) } : {}),
    },
  );
  return { data, later };
}

/** All images that can be read; of a stream many are asked for at a time. */
async function pixelsOf(images: Images): Promise<number[][]> {
  if (isInMemory(images)) {
    const size = images.height * images.width * images.channels;
    return Array.from(
      { length: images.count },
      (_, i) => [...images.pixels.subarray(i * size, (i + 1) * size)],
    );
  }
  const decoded = await Promise.all(
    Array.from({ length: images.count }, (_, i) => images.decode(i)),
  );
  return decoded.flatMap((pixels) => pixels ? [[...pixels]] : []);
}

Deno.test(
  "Held and streamed sets are the same with the engine and without, files that are left out too",
  withFolder(async (base) => {
    const files: Record<string, Uint8Array> = {};
    for (let i = 0; i < 60; i++) {
      const image = picture(16 + i % 20, 16 + i % 7, i);
      const name = String(i).padStart(2, "0");
      const whole = await jpeg(image, { progressive: i % 9 === 8 });
      files[`data/${name}.jpg`] = i % 10 === 3
        ? whole.subarray(0, whole.length - 30)
        : whole;
    }
    files["data/60.png"] = new Uint8Array(
      await picture(20, 20).png().toBuffer(),
    );
    await write(base, files);
    const held = await loaded(base, 1, false);
    const expected = await pixelsOf(held.data.train);
    assert.equal(expected.length, 55);
    assert.equal(held.data.skipped.length, 6);
    const own = await loaded(base, 1, true);
    assert.deepEqual(await pixelsOf(own.data.train), expected);
    const paths = (files: readonly SkippedFile[]) =>
      files.map(({ path }) => path).sort();
    // Reasons are sharp's in any case; side by side it loses some of them.
    assert.deepEqual(paths(own.data.skipped), paths(held.data.skipped));
    const remarks = ({ remarks = [] }: LoadedData) =>
      remarks.map((line) => line.replace(/\(such as .*\)/, ""));
    assert.deepEqual(remarks(own.data), remarks(held.data));
    const streamed = await loaded(base, 0, true);
    assert.deepEqual(await pixelsOf(streamed.data.train), expected);
    assert.deepEqual(paths(streamed.later), paths(held.data.skipped));
  }),
);

Deno.test(
  "decode: sharp leaves the engine out",
  withFolder(async (base) => {
    await write(base, { "data/0.jpg": await jpeg(picture(16, 16)) });
    const data = await folderSource.load(
      folderSource.options.parse({ path: "data", size: 16, decode: "sharp" }),
      {
        baseDir: base,
        cacheDir: base,
        engine: () => assert.fail("the engine was asked for"),
      },
    );
    assert.equal(data.train.count, 1);
  }),
);
