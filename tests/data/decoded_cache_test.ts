/** @file Images that are kept on disk once they are decoded: the same pixels, for as long as their files are the same. */
import assert from "@std/assert";
import { join } from "node:path";
import { folder as source } from "../../lib/data/folder.ts";
import {
  type ImageStream,
  isInMemory,
  type LoadedData,
} from "../../lib/data/source.ts";
import { image, rejects, withFolder, write } from "./fixtures.ts";

const COUNT = 9;
const SIZE = 6;

async function makeFiles(base: string): Promise<void> {
  const files: Record<string, Uint8Array> = {};
  for (let i = 0; i < COUNT; i++) {
    const colour = [20 * i, 255 - 20 * i, 7 * i] as const;
    files[`data/${i}.png`] = await image(colour, "png", 8, 8);
  }
  await write(base, files);
}

const open = (
  base: string,
  options: Record<string, unknown> = {},
): Promise<LoadedData> =>
  source.load(
    source.options.parse({
      path: "data",
      size: SIZE,
      memory: 0,
      cache: true,
      ...options,
    }),
    { baseDir: base, cacheDir: join(base, "cache") },
  );

/** The first value of each image of a set, which is all that they differ in. */
async function reds(base: string, options = {}): Promise<number[]> {
  const { train } = await open(base, options);
  if (isInMemory(train)) throw new Error("expected a stream");
  const stream = train as ImageStream;
  const pixels = await Promise.all(
    Array.from({ length: stream.count }, (_, i) => stream.decode(i)),
  );
  await stream.release?.();
  return pixels.map((pixels) => {
    assert.equal(pixels?.length, (options as typeof SIZES).size ** 2 * 3);
    return pixels?.[0] ?? -1;
  });
}

const SIZES = { size: SIZE };
const REDS = Array.from({ length: COUNT }, (_, i) => 20 * i);

/** The files of the cache. */
async function cached(base: string): Promise<string[]> {
  const found: string[] = [];
  for await (const { name } of Deno.readDir(join(base, "cache", "decoded"))) {
    const folder = join(base, "cache", "decoded", name);
    for await (const file of Deno.readDir(folder)) {
      found.push(join(folder, file.name));
    }
  }
  return found;
}

const file = (base: string, number: number): string =>
  join(base, "data", `${number}.png`);

Deno.test(
  "A second look takes images from the cache, but those whose files changed or that are damaged there",
  withFolder(async (base) => {
    await makeFiles(base);
    assert.deepEqual(await reds(base, SIZES), REDS);
    const [path = "", ...others] = await cached(base);
    assert.deepEqual(others, []);

    // A file that seems to be the same is not decoded.
    const before = await Deno.stat(file(base, 2));
    const bytes = await Deno.readFile(file(base, 2));
    bytes[bytes.length - 20] = 255 - (bytes.at(-20) ?? 0);
    await Deno.writeFile(file(base, 2), bytes);
    await Deno.utime(file(base, 2), before.atime ?? 0, before.mtime ?? 0);
    assert.deepEqual(await reds(base, SIZES), REDS);

    // One with another time is.
    await write(base, { "data/4.png": await image([200, 1, 2], "png", 8, 8) });
    await Deno.utime(file(base, 4), 1, 1);
    const changed = REDS.with(4, 200);
    assert.deepEqual(await reds(base, SIZES), changed);

    // A byte of image 7 that the disk has lost.
    const kept = await Deno.readFile(path);
    const at = 7 * (24 + SIZE * SIZE * 3) + 24;
    assert.equal(kept[at], REDS[7]);
    kept[at] = 99;
    await Deno.writeFile(path, kept);
    assert.deepEqual(await reds(base, SIZES), changed);
    assert.equal((await Deno.readFile(path))[at], REDS[7]);
  }),
);

Deno.test(
  "A folder has one cache: that of its last size",
  withFolder(async (base) => {
    await makeFiles(base);
    await reds(base, SIZES);
    const [first] = await cached(base);
    await reds(base, { size: 4 });
    const [second, ...others] = await cached(base);
    assert.notEqual(first, second);
    assert.deepEqual(others, []);
  }),
);

Deno.test(
  "What is said of the cache: where it is and how large it becomes, that it is not needed, that it cannot be",
  withFolder(async (base) => {
    await makeFiles(base);
    const streamed = (await open(base)).remarks?.join("\n") ?? "";
    assert.match(streamed, /decoded images are kept in .*cache.*, 0\.0 GB/);
    const held = (await open(base, { memory: 1 })).remarks?.join("\n") ?? "";
    assert.match(held, /"cache" has nothing to do/);
    await Deno.remove(join(base, "cache"), { recursive: true });
    await Deno.writeFile(join(base, "cache"), new Uint8Array(1));
    await rejects(open(base), /Cannot keep decoded images/, /STOPGRAD_CACHE/);
  }),
);
