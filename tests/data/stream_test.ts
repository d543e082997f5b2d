/** @file Sets that are decoded as they are needed give what those in memory give. */
import assert from "@std/assert";
import { join } from "node:path";
import sharp from "sharp";
import { folder as folderSource } from "../../lib/data/folder.ts";
import type {
  Images,
  ImageStream,
  LoadedData,
  SkippedFile,
  SourceDefinition,
} from "../../lib/data/source.ts";
import { inMemory, isInMemory } from "../../lib/data/source.ts";
import { tar } from "../../lib/data/tar.ts";
import {
  image,
  rejects,
  tarGzOf,
  tarOf,
  withFolder,
  write,
} from "./fixtures.ts";

const SIZE = 6;

/** Loads with every file that is left out later in `later`. */
async function open(
  source: SourceDefinition,
  folder: string,
  options: Record<string, unknown>,
  later: SkippedFile[] = [],
): Promise<LoadedData> {
  return await source.load(
    source.options.parse({ path: "data", size: SIZE, memory: 0, ...options }),
    {
      baseDir: folder,
      cacheDir: join(folder, "cache"),
      onSkipped: (file) => later.push(file),
    },
  );
}

function streamOf(images: Images | undefined): ImageStream {
  assert.ok(images && !isInMemory(images), "expected a stream");
  return images as ImageStream;
}

/** All pixels of a stream, one image after the other. */
async function decodeAll(images: Images): Promise<Uint8Array> {
  const stream = streamOf(images);
  const parts: number[] = [];
  for (let i = 0; i < stream.count; i++) {
    parts.push(...await stream.decode(i) ?? []);
  }
  return Uint8Array.from(parts);
}

/** JPEG of chance: cut in half, its header is still whole. */
async function noise(side = 64): Promise<Uint8Array> {
  const noise = { type: "gaussian", mean: 128, sigma: 40 } as const;
  return new Uint8Array(
    await sharp({
      create: {
        width: side,
        height: side,
        channels: 3,
        background: "gray",
        noise,
      },
    }).jpeg().toBuffer(),
  );
}

const half = (bytes: Uint8Array): Uint8Array =>
  bytes.slice(0, Math.floor(bytes.length / 2));

const FILES: Readonly<Record<string, Uint8Array>> = {
  "train/b/1.jpg": await noise(),
  "train/a/2.png": await image([255, 0, 0]),
  "train/a/10.jpg": await noise(30),
  "test/a/1.webp": await image([0, 255, 0], "webp"),
  "test/b/1.jpg": await noise(20),
};

Deno.test(
  "A folder and an archive give the same pixels as a stream and in memory",
  withFolder(async (folder) => {
    const data = join(folder, "data");
    await write(data, FILES);
    const entries = Object.entries(FILES).map(([name, bytes]) => ({
      name: `${"long".repeat(40)}/${name}`,
      bytes,
    }));
    await write(folder, { "data.tar": await tarOf(entries) });
    const cases = [
      [folderSource, { path: "data" }],
      [tar, { path: "data.tar" }],
    ] as const;
    for (const [source, options] of cases) {
      const held = await open(source, folder, { ...options, memory: 1 });
      const streamed = await open(source, folder, options);
      for (const split of ["train", "test"] as const) {
        const [one, other] = [held[split], streamed[split]];
        if (!one || !other) throw new Error(`no ${split} images`);
        assert.deepEqual(await decodeAll(other), inMemory(one).pixels);
        assert.deepEqual([...other.labels ?? []], [...one.labels ?? []]);
        assert.deepEqual(other.classes, one.classes);
      }
    }
  }),
);

Deno.test(
  "A bad header is found at the load, damage behind it when it is decoded",
  withFolder(async (folder) => {
    await write(join(folder, "data"), {
      "a/1.png": await image([255, 0, 0]),
      "a/2.jpg": new TextEncoder().encode("no image"),
      "b/3.jpg": half(await noise()),
      "b/4.png": new Uint8Array(),
      "b/5.png": await image([0, 255, 0]),
      "b/6.png": await image([0, 0, 255]),
    });
    await rejects(
      open(folderSource, folder, {}),
      /Cannot read the image .*[24]\.(jpg|png): /,
    );
    const later: SkippedFile[] = [];
    const data = await open(folderSource, folder, { on_error: "skip" }, later);
    const train = streamOf(data.train);
    assert.deepEqual(
      data.skipped.map(({ path }) => path.split("/").at(-1)),
      ["2.jpg", "4.png"],
    );
    assert.deepEqual([...train.labels ?? []], [0, 1, 1, 1]);
    assert.ok(await train.decode(0));
    // Two at once, and once more: it is told of once.
    const twice = await Promise.all([train.decode(1), train.decode(1)]);
    assert.deepEqual(
      [...twice, await train.decode(1)],
      Array(3).fill(undefined),
    );
    assert.equal(later.length, 1);
    assert.match(later[0]?.path ?? "", /b\/3\.jpg$/);
  }),
);

Deno.test(
  "Images of which most are bad are refused, though bad ones are left out",
  withFolder(async (folder) => {
    const good = await image([255, 0, 0]);
    const damaged = half(await noise());
    const of = async (bad: Uint8Array, count: number): Promise<void> => {
      for (const [i, name] of ["1", "2", "3", "4", "5"].entries()) {
        await write(join(folder, "data"), {
          [`${name}.png`]: i < count ? bad : good,
        });
      }
    };
    const lax = { on_error: "skip" };
    const MOST =
      /^Cannot read 3 of the 5 images in .*data, which are more than half\. The first of them is .*1\.png: /;
    for (const bad of [new Uint8Array(), damaged]) {
      await of(bad, 3);
      await rejects(open(folderSource, folder, { ...lax, memory: 1 }), MOST);
      await of(bad, 2);
      const data = await open(folderSource, folder, { ...lax, memory: 1 });
      assert.equal(data.train.count, 3);
    }
    await of(new Uint8Array(), 3);
    await rejects(open(folderSource, folder, lax), MOST);
    await of(damaged, 3);
    const { train } = await open(folderSource, folder, lax);
    const { decode } = streamOf(train);
    assert.equal(await decode(0), undefined);
    assert.equal(await decode(1), undefined);
    await rejects(decode(2), MOST);
  }),
);

Deno.test(
  "A file that vanishes or changes after the load is a bad one",
  withFolder(async (folder) => {
    const data = join(folder, "data");
    await write(data, {
      "1.png": await image([255, 0, 0]),
      "2.png": await image([0, 255, 0]),
      "3.png": await image([0, 0, 255]),
      "4.png": await image([9, 9, 9]),
      "5.png": await image([9, 9, 9]),
      "6.png": await image([9, 9, 9]),
    });
    const strict = streamOf((await open(folderSource, folder, {})).train);
    const later: SkippedFile[] = [];
    const lax = streamOf(
      (await open(folderSource, folder, { on_error: "skip" }, later)).train,
    );
    await Deno.remove(join(data, "1.png"));
    await Deno.writeTextFile(join(data, "2.png"), "another file");
    await Deno.remove(join(data, "3.png"));
    await Deno.mkdir(join(data, "3.png"));
    for (
      const [i, reason] of [/does not exist/, /format/, /not a file/].entries()
    ) {
      await rejects(strict.decode(i), /Cannot read the image/, reason);
      assert.equal(await lax.decode(i), undefined);
      assert.match(later[i]?.reason ?? "", reason);
    }
  }),
);

Deno.test(
  "An archive that shrinks after the load ends in a reason",
  withFolder(async (folder) => {
    const bytes = await noise();
    const path = join(folder, "data.tar");
    await write(folder, {
      "data.tar": await tarOf([{ name: "1.jpg", bytes }]),
    });
    const data = await open(tar, folder, { path: "data.tar" });
    await Deno.truncate(path, 700);
    await rejects(streamOf(data.train).decode(0), /the archive was cut off/);
  }),
);

Deno.test(
  "A compressed archive that is too large to hold says what to do",
  withFolder(async (folder) => {
    await write(folder, { "data.tgz": await tarGzOf(FILES) });
    await rejects(
      open(tar, folder, { path: "data.tgz" }),
      /because it is compressed/,
      /gunzip/,
    );
  }),
);
