/** @file Images in WebDataset shards. */
import assert from "@std/assert";
import { join } from "node:path";
import { isInMemory } from "../../lib/data/source.ts";
import { webdataset as source } from "../../lib/data/webdataset.ts";
import {
  firstPixels,
  image,
  load,
  rejects,
  tarGzOf,
  tarOf,
  withFolder,
  write,
} from "./fixtures.ts";

const RED = await image([255, 0, 0]);
const BLUE = await image([0, 0, 255]);
const text = (value: string) => new TextEncoder().encode(value);
const shard = (files: Readonly<Record<string, Uint8Array>>) =>
  tarOf(Object.entries(files).map(([name, bytes]) => ({ name, bytes })));

const ONE = {
  "000.png": RED,
  "000.cls": text("10"),
  "001.png": BLUE,
  "001.cls": text("9\n"),
};
const TWO = { "x/002.cls": text("9"), "x/002.png": BLUE };
const OPTIONS = { path: "data", size: 4 };

for (const memory of [1, 0]) {
  Deno.test(
    `Shards are read in order, ${
      memory ? "held" : "streamed"
    }, and split by their names`,
    withFolder(async (folder) => {
      await write(folder, {
        "data/train-000.tar": await shard(ONE),
        "data/train-001.tar": await shard(TWO),
        "data/val-000.tar": await shard(ONE),
      });
      const { train, test } = await source.load(
        source.options.parse({ ...OPTIONS, memory }),
        { baseDir: folder, cacheDir: join(folder, "cache") },
      );
      assert.deepEqual(train.classes, ["9", "10"]);
      assert.deepEqual([...train.labels ?? []], [1, 0, 0]);
      assert.equal(test?.count, 2);
      assert.equal(isInMemory(train), memory > 0);
      if (isInMemory(train)) {
        assert.deepEqual(firstPixels(train), ["255,0,0", "0,0,255", "0,0,255"]);
      } else {
        const pixels = await train.decode(1);
        assert.deepEqual([...pixels?.subarray(0, 3) ?? []], [0, 0, 255]);
      }
    }),
  );
}

Deno.test(
  "A pattern names shards; long names and JSON are understood",
  withFolder(async (folder) => {
    const long = `${"deep/".repeat(40)}000`;
    await write(folder, {
      "s-08.tar": await shard({
        [`${long}.png`]: RED,
        [`${long}.json`]: text('{"kind": "cat"}'),
      }),
      "s-09.tar": await shard({
        "1.png": BLUE,
        "1.json": text('{"kind": "dog"}'),
      }),
      "s-10.tar": await shard({ "2.png": BLUE, "2.json": text("{}") }),
    });
    const options = { ...OPTIONS, path: "s-{08..09}.tar", label: "json.kind" };
    const { train } = await load(source, options, folder);
    assert.deepEqual(train.classes, ["cat", "dog"]);
    await rejects(
      load(source, { ...options, path: "s-{08..10}.tar" }, folder),
      /s-10\.tar: 2\.json: its JSON has no key "kind"/,
    );
    await rejects(
      load(source, { ...options, path: "s-{08..11}.tar" }, folder),
      /s-11\.tar: it does not exist/,
    );
  }),
);

Deno.test(
  "A shard is not listed again as long as it is the same, and is when it is another",
  withFolder(async (folder) => {
    await write(folder, { "data/a.tar": await shard(ONE) });
    const first = await load(source, OPTIONS, folder);
    assert.deepEqual(first.remarks, ["files of 8x8 pixels, scaled to 4x4"]);
    const second = await load(source, OPTIONS, folder);
    assert.match(second.remarks?.[0] ?? "", /1 of 1 shards as they were/);
    assert.deepEqual(second.train, first.train);
    await write(folder, { "data/a.tar": await shard({ ...ONE, ...TWO }) });
    const third = await load(source, OPTIONS, folder);
    assert.equal(third.train.count, 3);
  }),
);

Deno.test(
  "Samples without an image or with several are counted",
  withFolder(async (folder) => {
    await write(folder, {
      "data/a.tar": await shard({
        ...ONE,
        "003.cls": text("9"),
        "004.a.png": RED,
        "004.b.png": RED,
        "004.cls": text("9"),
      }),
    });
    const { train, remarks } = await load(source, OPTIONS, folder);
    assert.equal(train.count, 3);
    const said = remarks?.join("\n") ?? "";
    assert.match(said, /1 samples without an image left out/);
    assert.match(said, /1 samples with several images: the first one counts/);
  }),
);

Deno.test(
  "Shards that cannot be read are refused by name",
  withFolder(async (folder) => {
    const whole = await shard(ONE);
    const damaged = whole.slice();
    damaged.fill(7, 1024, 1300);
    await write(folder, {
      "a/x.tar": await tarGzOf(ONE),
      "b/x.tar": whole.slice(0, 900),
      "c/x.tar": damaged,
      "d/x.tar": await shard({ "readme.txt": text("nothing") }),
    });
    const at = (path: string) => load(source, { ...OPTIONS, path }, folder);
    await rejects(at("a"), /x\.tar: it is compressed/, /decompress/);
    await rejects(at("b"), /x\.tar: it is cut off/);
    await rejects(at("c"), /x\.tar: its header at byte \d+ is damaged/);
    await rejects(at("d"), /Cannot find images in the 1 shard/);
    await rejects(at("e"), /does not exist/);
  }),
);
