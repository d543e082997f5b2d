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

for (const [memory, packed] of [[1, false], [0, false], [1, true], [0, true]]) {
  const pack = packed ? tarGzOf : shard;
  const end = packed ? "tar.gz" : "tar";
  Deno.test(
    `Shards (.${end}) are read in order, ${
      memory ? "held" : "streamed"
    }, and split by their names`,
    withFolder(async (folder) => {
      await write(folder, {
        [`data/train-000.${end}`]: await pack(ONE),
        [`data/train-001.${end}`]: await pack(TWO),
        [`data/val-000.${end}`]: await pack(ONE),
      });
      const { train, test } = await source.load(
        source.options.parse({ ...OPTIONS, memory }),
        { baseDir: folder, cacheDir: join(folder, "cache") },
      );
      assert.deepEqual(train.classes, ["9", "10"]);
      assert.deepEqual([...train.labels ?? []], [1, 0, 0]);
      assert.equal(test?.count, 2);
      assert.equal(isInMemory(train), memory === 1);
      if (isInMemory(train)) {
        assert.deepEqual(firstPixels(train), ["255,0,0", "0,0,255", "0,0,255"]);
      } else {
        for (const [image, first] of [[1, 0], [2, 0], [0, 255]] as const) {
          const pixels = await train.decode(image);
          assert.equal(pixels?.[0], first);
        }
        await train.release?.();
      }
    }),
  );
}

Deno.test(
  "Splits of files are told by a word of their names, or by their folders",
  withFolder(async (folder) => {
    const one = await shard(ONE);
    const sets = [
      ["imagenet1k-train-0000.tar", "imagenet1k-validation-00.tar"],
      ["cifar100_train.tar", "cifar100_test.tar"],
      ["train/00000.tar", "val/00000.tar"],
      ["train-00000-of-00001-a09b74b3.tar", "test-00000-of-00001-b3.tar"],
    ];
    for (const [i, names] of sets.entries()) {
      for (const name of names) {
        await write(folder, { [`${i}/${name}`]: one });
      }
      const options = { ...OPTIONS, path: `${i}` };
      const { train, test } = await load(source, options, folder);
      assert.deepEqual([train.count, test?.count], [2, 2], names.join());
    }
    await write(folder, { "x/train-0.tar": one, "x/val-0.tar": one });
    await write(folder, { "x/extra-0.tar": one });
    await rejects(
      load(source, { ...OPTIONS, path: "x" }, folder),
      /train-\*, val-\* are splits by name, and extra-\* beside them is not/,
    );
  }),
);

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
    const survey = (path: string) =>
      source.survey?.(source.options.parse({ ...OPTIONS, path }), folder);
    assert.deepEqual(survey(options.path), {});
    assert.match(survey("s-{08..11}.tar")?.missing ?? "", /s-11\.tar: it does/);
    const { train } = await load(source, options, folder);
    assert.deepEqual(train.classes, ["cat", "dog"]);
    await rejects(
      load(source, { ...options, path: "s-{08..10}.tar" }, folder),
      /class in 2\.json of .*s-10\.tar: its JSON has no key "kind"/,
    );
    await rejects(
      load(source, { ...options, path: "s-{08..11}.tar" }, folder),
      /s-11\.tar: it does not exist/,
    );
  }),
);

Deno.test(
  "Keys of JSON may have dots between them; without classes the line says what samples have",
  withFolder(async (folder) => {
    await write(folder, {
      "data/a.tar": await shard({
        "1.png": RED,
        "1.json": text('{"meta": {"kind": 3}}'),
      }),
    });
    const label = "json.meta.kind";
    const { train } = await load(source, { ...OPTIONS, label }, folder);
    assert.deepEqual(train.classes, ["3"]);
    const { remarks, train: bare } = await load(source, OPTIONS, folder);
    assert.equal(bare.labels, undefined);
    assert.match(
      remarks?.join("\n") ?? "",
      /no sample has a file "cls" with its class; the first one has png, json/,
    );
    await rejects(
      load(source, { ...OPTIONS, label: "json.kind" }, folder),
      /1\.json of .*: its JSON has no key "kind", it has meta/,
    );
    await rejects(
      load(source, { ...OPTIONS, label: "json.meta" }, folder),
      /"meta" of its JSON is no text and no number/,
    );
  }),
);

Deno.test(
  "Shards of one class each are told of where a small buffer leaves them together",
  withFolder(async (folder) => {
    const of = (kind: string, count: number) =>
      Object.fromEntries(
        Array.from({ length: count }, (_, i) => [
          [`${i}.png`, RED],
          [`${i}.cls`, text(kind)],
        ]).flat(),
      );
    for (let kind = 0; kind < 40; kind++) {
      await write(folder, {
        [`data/${kind}.tar`]: await shard(of(`${kind}`, 10)),
      });
    }
    const said = async (shuffle_buffer: number): Promise<string> => {
      const { remarks } = await source.load(
        source.options.parse({ ...OPTIONS, memory: 0, shuffle_buffer }),
        { baseDir: folder, cacheDir: join(folder, "cache") },
      );
      return remarks?.join("\n") ?? "";
    };
    assert.match(
      await said(100),
      /the first 100 have 16, drawn from all they would have about 37; raise/,
    );
    assert.doesNotMatch(await said(1000), /raise shuffle_buffer/);
  }),
);

Deno.test(
  "A bad sample is named as its shard names it, streamed too",
  withFolder(async (folder) => {
    const bad = { ...ONE, "001.png": text("none") };
    await write(folder, { "data/a.tar.gz": await tarGzOf(bad) });
    for (const memory of [0, 1]) {
      const options = { ...OPTIONS, memory, on_error: "skip" };
      const { train, skipped } = await source.load(
        source.options.parse(options),
        { baseDir: folder, cacheDir: join(folder, "cache") },
      );
      assert.equal(train.count, 1);
      assert.match(skipped[0]?.path ?? "", /^001\.png in .*a\.tar\.gz$/);
    }
  }),
);

Deno.test(
  "A shard is not listed again as long as it is the same, and is when it is another",
  withFolder(async (folder) => {
    await write(folder, { "data/a.tar": await shard(ONE) });
    const first = await load(source, OPTIONS, folder);
    assert.deepEqual(first.remarks, [
      "2 samples in 1 shard, counted by their headers",
      "files of 8x8 pixels, scaled to 4x4",
    ]);
    const second = await load(source, OPTIONS, folder);
    assert.match(second.remarks?.[0] ?? "", /1 of them at an earlier run/);
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
    assert.match(
      said,
      /1 samples with several images: the first one counts, a\.png and not b\.png/,
    );
    const options = { ...OPTIONS, image: "b.png" };
    const named = await load(source, options, folder);
    assert.equal(named.train.count, 1);
    await rejects(
      load(source, { ...options, image: "c.png" }, folder),
      /Cannot find images .* that end in \.c\.png/,
    );
  }),
);

Deno.test(
  "Names in a shard may begin with ./, and those of the system are told of",
  withFolder(async (folder) => {
    const files = Object.fromEntries(
      Object.entries(ONE).map(([name, bytes]) => [`./${name}`, bytes]),
    );
    for (const pack of [shard, tarGzOf]) {
      await write(folder, {
        "data/a.tar": await pack({ ...files, "./._002.png": RED }),
      });
      const { train, remarks } = await load(source, OPTIONS, folder);
      assert.deepEqual([train.count, [...train.labels ?? []]], [2, [1, 0]]);
      assert.match(remarks?.join() ?? "", /the system's own: \._\*/);
    }
  }),
);

Deno.test(
  "Files of a sample that lie apart, empty shards and classes that are no text are told of or refused",
  withFolder(async (folder) => {
    await write(folder, {
      "data/a.tar": await shard({
        "1.png": RED,
        "2.png": BLUE,
        "1.cls": text("3"),
      }),
      "data/b.tar": await shard({}),
    });
    const { train, remarks } = await load(source, OPTIONS, folder);
    assert.equal(train.labels, undefined);
    const said = remarks?.join("\n") ?? "";
    assert.match(said, /1 samples have the name of one before/);
    assert.match(said, /shards without a sample: 1/);
    await write(folder, {
      "data/a.tar": await shard({ "1.png": RED, "1.cls": Uint8Array.of(0, 1) }),
    });
    await rejects(
      load(source, OPTIONS, folder),
      /in 1\.cls of .*: it is no text/,
    );
    await write(folder, { "data/b.tar": new Uint8Array() });
    await rejects(
      load(source, { ...OPTIONS, path: "data/b.tar" }, folder),
      /b\.tar: the file is empty/,
    );
  }),
);

Deno.test(
  "Patterns may have lists and several ranges, stand for few files, and not for one on both sides",
  withFolder(async (folder) => {
    for (const name of ["a-0", "a-1", "b-0", "b-1"]) {
      await write(folder, { [`${name}.tar`]: await shard(ONE) });
    }
    const of = (path: string, more = {}) =>
      load(source, { ...OPTIONS, path, ...more }, folder);
    assert.equal((await of("{a,b}-{0..1}.tar")).train.count, 8);
    assert.equal((await of("a-{1..1}.tar")).train.count, 2);
    await rejects(of("a-{0..99999999}.tar"), /stands for more than 100000/);
    await rejects(of("a-*.tar"), /does not exist; \* and \? stand for nothing/);
    await rejects(of("https://x.y/a.tar"), /addresses are not read/);
    await rejects(
      of("a-{0..1}.tar", { test: "a-{1..1}.tar" }),
      /shares files with .* such as .*a-1\.tar/,
    );
  }),
);

Deno.test(
  "Shards that cannot be read are refused by name",
  withFolder(async (folder) => {
    const whole = await shard(ONE);
    const damaged = whole.slice();
    damaged.fill(7, 1024, 1300);
    await write(folder, {
      "a/x.tar.gz": (await tarGzOf(ONE)).slice(0, -100),
      "b/x.tar": whole.slice(0, 900),
      "c/x.tar": damaged,
      "d/x.tar": await shard({ "readme.txt": text("nothing") }),
    });
    const at = (path: string) => load(source, { ...OPTIONS, path }, folder);
    await rejects(at("a"), /x\.tar\.gz: it is truncated or damaged/);
    await rejects(at("b"), /x\.tar: it is cut off/);
    await rejects(at("c"), /x\.tar: its header at byte \d+ is damaged/);
    await rejects(at("d"), /Cannot find images in the 1 shard/);
    await rejects(at("e"), /does not exist/);
  }),
);
