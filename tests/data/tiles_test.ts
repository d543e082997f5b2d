/** @file Large images cut into tiles. */
import assert from "@std/assert";
import sharp from "sharp";
import { folder as source } from "../../lib/data/folder.ts";
import { tar } from "../../lib/data/tar.ts";
import { isInMemory } from "../../lib/data/source.ts";
import {
  load,
  rejects,
  tarGzOf,
  tarOf,
  withFolder,
  write,
} from "./fixtures.ts";
import { tiff } from "./made.ts";
import { png } from "./png.ts";

const TILE = 16;
const WIDTH = 40;
const HEIGHT = 32;

/** A picture whose pixels tell their column and row. */
const PIXELS = Uint8Array.from(
  { length: WIDTH * HEIGHT * 3 },
  (_, i) => {
    const [column, row] = [
      Math.floor(i / 3) % WIDTH,
      Math.floor(i / 3 / WIDTH),
    ];
    return [column * 4, row * 4, 100][i % 3] as number;
  },
);
const PNG = new Uint8Array(
  await sharp(PIXELS, { raw: { width: WIDTH, height: HEIGHT, channels: 3 } })
    .png().toBuffer(),
);
const OPTIONS = { path: "data", size: TILE, tile: TILE };

Deno.test(
  "Tiles are the pixels of their places, the last ones at the edges, with the class of their file",
  withFolder(async (folder) => {
    await write(folder, { "data/a/1.png": PNG, "data/b/1.png": PNG });
    const { train, remarks } = await load(source, OPTIONS, folder);
    assert.equal(train.count, 12);
    assert.deepEqual([...train.labels ?? []], [
      ...Array(6).fill(0),
      ...Array(6).fill(1),
    ]);
    const each = TILE * TILE * 3;
    const corners = Array.from(
      { length: 6 },
      (_, i) => [...train.pixels.subarray(i * each, i * each + 2)],
    );
    assert.deepEqual(corners, [
      [0, 0],
      [64, 0],
      [96, 0],
      [0, 64],
      [64, 64],
      [96, 64],
    ]);
    // The last pixel of the last tile is the last of the image.
    assert.deepEqual([...train.pixels.subarray(6 * each - 3, 6 * each)], [
      156,
      124,
      100,
    ]);
    assert.match(
      remarks?.join("\n") ?? "",
      /2 files \(the largest 40x32\) cut into 12 tiles of 16x16/,
    );
  }),
);

Deno.test(
  "Streamed tiles are those that are held, of 8 bits and of 16",
  withFolder(async (folder) => {
    const deep = tiff({
      width: WIDTH,
      height: HEIGHT,
      bands: 3,
      bits: 16,
      pages: [[...PIXELS]],
    });
    for (const [name, bytes] of [["png", PNG], ["tif", deep]] as const) {
      const path = `data-${name}`;
      await write(folder, { [`${path}/1.${name}`]: bytes });
      const options = { ...OPTIONS, path, range: [0, 255] };
      const held = await load(source, options, folder);
      const { train } = await source.load(
        source.options.parse({ ...options, memory: 0 }),
        { baseDir: folder, cacheDir: folder },
      );
      if (isInMemory(train)) throw new Error("expected a stream");
      const each = TILE * TILE * 3;
      for (const i of [5, 0, 3]) {
        assert.deepEqual(
          await train.decode(i),
          held.train.pixels.slice(i * each, (i + 1) * each),
        );
      }
      if (name === "tif") {
        const eight = await load(
          source,
          { ...OPTIONS, path: "data-png" },
          folder,
        );
        assert.deepEqual(held.train.pixels, eight.train.pixels);
      }
    }
  }),
);

Deno.test(
  "Tiles of one file are never on both sides of a share",
  withFolder(async (folder) => {
    await write(
      folder,
      Object.fromEntries(
        [1, 2, 3, 4].map((i) => [`data/${i}.png`, PNG]),
      ),
    );
    const { train, test } = await load(
      source,
      { ...OPTIONS, test: 0.25 },
      folder,
    );
    assert.deepEqual([train.count, test?.count], [18, 6]);
  }),
);

Deno.test(
  "An image that is too large whole is refused with its size and the way on, and read in tiles",
  withFolder(async (folder) => {
    const [width, height] = [20_000, 5_200];
    const rows = Array.from(
      { length: height },
      () => new Uint8Array(width / 8),
    );
    const bytes = png({ width, height, depth: 1, color: 0, rows });
    await write(folder, { "data/1.png": bytes });
    await rejects(
      load(source, { path: "data", size: TILE }, folder),
      /it has 20000x5200 pixels, 104 megapixels, expected at most 100; "tile"/,
    );
    const options = { ...OPTIONS, tile: 4096 };
    const { train } = await load(source, options, folder);
    assert.equal(train.count, 10);
  }),
);

Deno.test(
  "Tiles of a plain archive are those of its folder; a compressed one is refused",
  withFolder(async (folder) => {
    const files = { "a/1.png": PNG, "b/1.png": PNG };
    await write(folder, {
      "data/a/1.png": PNG,
      "data/b/1.png": PNG,
      "x.tar": await tarOf(
        Object.entries(files).map(([name, bytes]) => ({ name, bytes })),
      ),
      "x.tar.gz": await tarGzOf(files),
    });
    const expected = await load(source, OPTIONS, folder);
    const { train } = await load(tar, { ...OPTIONS, path: "x.tar" }, folder);
    assert.deepEqual(train, expected.train);
    await rejects(
      load(tar, { ...OPTIONS, path: "x.tar.gz" }, folder),
      /Cannot cut tiles out of .*x\.tar\.gz: it is compressed/,
    );
  }),
);
