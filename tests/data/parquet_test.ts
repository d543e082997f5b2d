/** @file Images in Parquet files, written here. */
import assert from "@std/assert";
import { parquetWriteBuffer } from "hyparquet-writer";
import { isInMemory } from "../../lib/data/source.ts";
import { parquet as source } from "../../lib/data/parquet.ts";
import {
  firstPixels,
  image,
  load,
  rejects,
  withFolder,
  write,
} from "./fixtures.ts";

const RED = await image([255, 0, 0]);
const BLUE = await image([0, 0, 255], "jpeg");

interface Table {
  readonly images: readonly unknown[];
  readonly labels?: readonly unknown[];
  readonly column?: string;
  readonly text?: boolean;
  readonly names?: readonly string[];
}

/** A table as Hugging Face's datasets write it, a row a group. */
function table(
  { images, labels, column = "image", text = false, names }: Table,
): Uint8Array {
  const label = text
    ? { name: "label", type: "BYTE_ARRAY", converted_type: "UTF8" } as const
    : { name: "label", type: "INT64" } as const;
  const buffer = parquetWriteBuffer({
    schema: [
      { name: "root", num_children: labels ? 2 : 1 },
      { name: column, num_children: 2, repetition_type: "OPTIONAL" },
      { name: "bytes", type: "BYTE_ARRAY", repetition_type: "OPTIONAL" },
      {
        name: "path",
        type: "BYTE_ARRAY",
        converted_type: "UTF8",
        repetition_type: "OPTIONAL",
      },
      ...(labels ? [{ ...label, repetition_type: "OPTIONAL" as const }] : []),
    ],
    columnData: [
      {
        name: column,
        data: images.map((bytes) => ({ bytes, path: "x.png" })),
      },
      ...(labels ? [{ name: "label", data: [...labels] }] : []),
    ],
    rowGroupSize: 1,
    ...(names
      ? {
        kvMetadata: [{
          key: "huggingface",
          value: JSON.stringify({
            info: { features: { label: { names, _type: "ClassLabel" } } },
          }),
        }],
      }
      : {}),
  });
  return new Uint8Array(buffer);
}

const OPTIONS = { path: "data", size: 4 };
const PAIR = { images: [RED, BLUE], labels: [1n, 0n], names: ["sea", "sun"] };
const near = (pixels: readonly string[]): string[] =>
  pixels.map((text) =>
    text.split(",").map((value) => Number(value) > 128 ? 1 : 0).join("")
  );

Deno.test(
  "Files of a data set are read with the names of their classes, and split by their names",
  withFolder(async (folder) => {
    await write(folder, {
      "data/train-00000-of-00002.parquet": table(PAIR),
      "data/train-00001-of-00002.parquet": table({ ...PAIR, labels: [0n, 1n] }),
      "data/test-00000-of-00001.parquet": table(PAIR),
      "data/validation-00000-of-00001.parquet": table(PAIR),
    });
    const { train, test, remarks } = await load(source, OPTIONS, folder);
    assert.deepEqual(train.classes, ["sea", "sun"]);
    assert.deepEqual([...train.labels ?? []], [1, 0, 0, 1]);
    assert.deepEqual(near(firstPixels(train)), ["100", "001", "100", "001"]);
    assert.equal(test?.count, 2);
    const said = remarks?.join("\n") ?? "";
    assert.match(said, /column "image", classes those of "label"/);
    assert.match(said, /validation \(1 files\) is neither trained on nor/);
  }),
);

Deno.test(
  "One file alone is trained on, or a share of it tested with",
  withFolder(async (folder) => {
    const many = {
      images: [RED, BLUE, RED, BLUE],
      labels: ["a", "b", "a", "b"],
      text: true,
    };
    await write(folder, { "x.parquet": table(many) });
    const options = { path: "x.parquet", size: 4 };
    const whole = await load(source, options, folder);
    assert.equal(whole.test, undefined);
    assert.deepEqual(whole.train.classes, ["a", "b"]);
    const { train, test } = await load(
      source,
      { ...options, test: 0.5 },
      folder,
    );
    assert.deepEqual([train.count, test?.count], [2, 2]);
    assert.deepEqual(near(firstPixels(train)), ["100", "001"]);
  }),
);

Deno.test(
  "Without a column of labels, and with secret ones, there are none, and the other columns are told",
  withFolder(async (folder) => {
    const one = { images: [RED, BLUE], column: "img" };
    await write(folder, {
      "a.parquet": table(one),
      "b.parquet": table({ ...PAIR, labels: [-1n, -1n] }),
    });
    const bare = await load(source, { path: "a.parquet", size: 4 }, folder);
    assert.equal(bare.train.labels, undefined);
    assert.match(bare.remarks?.[0] ?? "", /"img"; there is no column "label"/);
    const secret = await load(source, { path: "b.parquet", size: 4 }, folder);
    assert.equal(secret.train.labels, undefined);
  }),
);

Deno.test(
  "Classes that the file does not name, or no classes at all, are refused by their row",
  withFolder(async (folder) => {
    const of = async (labels: readonly unknown[], names?: string[]) => {
      const bytes = table({ ...PAIR, labels, names: names ?? PAIR.names });
      await write(folder, { "x.parquet": bytes });
      return await load(source, { ...OPTIONS, path: "x.parquet" }, folder);
    };
    await rejects(
      of([0n, 2n]),
      /row 1 of "label": it holds the class 2, and the file names 2, from 0/,
    );
    await rejects(of([0n, 1n], ["a", "a"]), /names the class "a" .* twice/);
    const { remarks } = await of([-1n, null]);
    assert.match(remarks?.[0] ?? "", /"label" has no class in any row/);
  }),
);

Deno.test(
  "Files may name their classes in another order, or others; only some may not",
  withFolder(async (folder) => {
    await write(folder, {
      "data/a/train-0.parquet": table(PAIR),
      "data/b/train-0.parquet": table({ ...PAIR, names: ["sun", "fog"] }),
    });
    const { train, remarks } = await load(source, OPTIONS, folder);
    assert.deepEqual(train.classes, ["sea", "sun", "fog"]);
    assert.deepEqual([...train.labels ?? []], [1, 0, 2, 1]);
    assert.match(
      remarks?.join() ?? "",
      /files of 2 folders are trained on together: a, b/,
    );
    const { names: _, ...bare } = PAIR;
    await write(folder, { "data/c/train-0.parquet": table(bare) });
    await rejects(
      load(source, OPTIONS, folder),
      /classes of .*c\/train-0\.parquet: it names none, and .*a\/train-0/,
    );
  }),
);

Deno.test(
  "Rows that hold no whole image are refused or left out by their number",
  withFolder(async (folder) => {
    const bytes = table({ ...PAIR, images: [RED, null] });
    await write(folder, { "data/x.parquet": bytes });
    await rejects(
      load(source, OPTIONS, folder),
      /row 1 of .*x\.parquet: the table holds only its path, "x\.png"/,
    );
    const { train, skipped } = await load(
      source,
      { ...OPTIONS, on_error: "skip" },
      folder,
    );
    assert.equal(train.count, 1);
    assert.equal(skipped.length, 1);
  }),
);

Deno.test(
  "What is no table of images is refused with its columns",
  withFolder(async (folder) => {
    const text = new TextEncoder().encode("no table at all, but long enough");
    await write(folder, {
      "a/x.parquet": text,
      "b/x.parquet": table(PAIR).slice(0, -20),
      "c/x.parquet": table(PAIR),
      "d/x.txt": text,
      "e/test-0.parquet": table(PAIR),
      "e/val-0.parquet": table(PAIR),
    });
    const at = (path: string, more = {}) =>
      load(source, { ...OPTIONS, path, ...more }, folder);
    await rejects(at("a"), /Expected a Parquet file/);
    await rejects(at("b"), /Expected a Parquet file/);
    await rejects(at("c", { image: "label" }), /"label" holds no images/);
    await rejects(at("c", { image: "x" }), /its columns are image, label/);
    await rejects(at("c", { label: "kind" }), /its columns are image, label/);
    await rejects(at("d"), /no file there ends in \.parquet/);
    await rejects(at("e"), /none is one to train on/);
    await write(folder, {
      "f/x.parquet": new Uint8Array(),
      "g/x.parquet": new TextEncoder().encode(
        "version https://git-lfs.github.com/spec/v1\noid sha256:1\nsize 9\n",
      ),
    });
    await rejects(at("f"), /the file is empty/);
    await rejects(at("g"), /a pointer of Git LFS/);
    await rejects(at("c", { test: "c/x.parquet" }), /shares files with/);
  }),
);

Deno.test(
  "A table larger than memory is read group by group, each row as it would be held",
  withFolder(async (folder) => {
    await write(folder, {
      "data/train-0.parquet": table(PAIR),
      "data/train-1.parquet": table({ ...PAIR, labels: [0n, 0n] }),
      "data/test-0.parquet": table(PAIR),
    });
    const held = await load(source, OPTIONS, folder);
    const { train, test, remarks } = await source.load(
      source.options.parse({ ...OPTIONS, memory: 0 }),
      { baseDir: folder, cacheDir: folder },
    );
    if (isInMemory(train)) throw new Error("expected a stream");
    assert.deepEqual(train.labels, held.train.labels);
    assert.equal(test?.count, 2);
    // A row is a group here, and a group is a part.
    assert.deepEqual([...train.turns?.parts ?? []], [0, 1, 2, 3]);
    assert.match(remarks?.join() ?? "", /4 of 4 groups of rows at a time/);
    const pixels = [];
    for (const image of [3, 0, 2, 1]) {
      const found = await train.decode(image);
      pixels[image] = [...found?.subarray(0, 3) ?? []].join();
    }
    assert.deepEqual(pixels, firstPixels(held.train));
    await train.release?.();
    // Not where the set lies: it may be moved, and is the same.
    assert.equal(train.names.at(3), "row 1 of train-1.parquet");
  }),
);
