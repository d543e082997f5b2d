/** @file Classes from a table. */
import assert from "@std/assert";
import { parseCsv } from "../../lib/data/csv.ts";
import { folder as source } from "../../lib/data/folder.ts";
import { tar } from "../../lib/data/tar.ts";
import {
  firstPixels,
  image,
  load,
  rejects,
  tarOf,
  withFolder,
  write,
} from "./fixtures.ts";

const RED = await image([255, 0, 0]);
const BLUE = await image([0, 0, 255]);
const text = (value: string) => new TextEncoder().encode(value);
const OPTIONS = { path: "data", size: 4, labels: "labels.csv" };
const FILES = {
  "data/1.png": RED,
  "data/2.png": BLUE,
  "data/3.png": BLUE,
};

Deno.test("Cells may be quoted, and stand between commas, semicolons or tabs", () => {
  assert.deepEqual(parseCsv('a,b\r\n"x, ""y""",2\n\n'), [
    ["a", "b"],
    ['x, "y"', "2"],
  ]);
  assert.deepEqual(parseCsv("\ufeffa;b\n1;2"), [["a", "b"], ["1", "2"]]);
  assert.deepEqual(parseCsv("a\tb\n1,5\t2"), [["a", "b"], ["1,5", "2"]]);
  assert.throws(() => parseCsv('a,"b'), /not closed/);
  // As old and new spreadsheets write them.
  assert.deepEqual(parseCsv("a,b\r1,2\r"), [["a", "b"], ["1", "2"]]);
  assert.deepEqual(parseCsv("sep=;\r\na,b;c\r\n1;2"), [["a,b", "c"], [
    "1",
    "2",
  ]]);
});

for (
  const [how, table] of [
    ["by path", "filename,label\n1.png,cat\n2.png,dog\n3.png,dog\n"],
    ["without endings", "id;class\n1;cat\n2;dog\n3;dog\n"],
    ["in any order", "label,image\ndog,3.png\ncat,1.png\ndog,2.png\n"],
  ] as const
) {
  Deno.test(
    `A table that names images ${how} gives their classes`,
    withFolder(async (folder) => {
      await write(folder, { ...FILES, "labels.csv": text(table) });
      const { train, remarks } = await load(source, OPTIONS, folder);
      assert.deepEqual(train.classes, ["cat", "dog"]);
      assert.deepEqual([...train.labels ?? []], [0, 1, 1]);
      assert.match(remarks?.join() ?? "", /classes are those of .*labels\.csv/);
    }),
  );
}

Deno.test(
  "Numbers are classes in the order of their values",
  withFolder(async (folder) => {
    const table = "image,label\n1.png,10\n2.png,9\n3.png,9\n";
    await write(folder, { ...FILES, "labels.csv": text(table) });
    const { train } = await load(source, OPTIONS, folder);
    assert.deepEqual(train.classes, ["9", "10"]);
    assert.deepEqual([...train.labels ?? []], [1, 0, 0]);
  }),
);

Deno.test(
  "A column of splits, or folders that are splits, say what is tested with",
  withFolder(async (folder) => {
    await write(folder, {
      ...FILES,
      "labels.csv": text(
        "image,label,split\n1.png,a,train\n2.png,b,train\n3.png,b,Valid\n",
      ),
    });
    const { train, test } = await load(source, OPTIONS, folder);
    assert.deepEqual(firstPixels(train), ["255,0,0", "0,0,255"]);
    assert.deepEqual([...test?.labels ?? []], [1]);
    await write(folder, {
      "more/train/1.png": RED,
      "more/train/2.png": BLUE,
      "more/test/3.png": BLUE,
    });
    const options = { ...OPTIONS, path: "more" };
    const other = await load(source, options, folder);
    assert.equal(other.test?.count, 1);
    await rejects(
      load(source, { ...options, test: 0.5 }, folder),
      /images to test with already/,
    );
  }),
);

Deno.test(
  "Images without a row are left out, rows without an image told of",
  withFolder(async (folder) => {
    const table = "image,label\n1.png,a\n2.png,b\n9.png,b\n";
    await write(folder, { ...FILES, "labels.csv": text(table) });
    const { train, remarks } = await load(source, OPTIONS, folder);
    assert.equal(train.count, 2);
    const said = remarks?.join("\n") ?? "";
    assert.match(said, /1 image without a row there left out/);
    assert.match(said, /no image for 1 row there, such as 9\.png/);
  }),
);

Deno.test(
  "Rows that begin with folders above the images name them all the same, and the line says so",
  withFolder(async (folder) => {
    for (
      const [start, above] of [
        ["/mnt/set/data/", "/mnt/set/data/"],
        ["C:\\set\\data\\", "C:/set/data/"],
        ["./data/", "data/"],
      ] as const
    ) {
      const table = `image,label\n${start}1.png,a\n${start}2.png,b\n`;
      await write(folder, { ...FILES, "labels.csv": text(table) });
      const { train, remarks } = await load(source, OPTIONS, folder);
      assert.deepEqual([...train.labels ?? []], [0, 1]);
      assert.ok(
        remarks?.[0]?.endsWith(`whose rows name images from ${above} on`),
      );
    }
  }),
);

Deno.test(
  "A column of splits without any to test with leaves the share to be said, and tells of others",
  withFolder(async (folder) => {
    const table =
      "image,label,split\n1.png,a,train\n2.png,b,train\n3.png,b,query\n";
    await write(folder, { ...FILES, "labels.csv": text(table) });
    const { train, test, remarks } = await load(source, OPTIONS, folder);
    assert.deepEqual([train.count, test], [2, undefined]);
    assert.match(remarks?.join() ?? "", /1 image of other splits \(query\)/);
    const held = await load(source, { ...OPTIONS, test: 0.5 }, folder);
    assert.deepEqual([held.train.count, held.test?.count], [1, 1]);
  }),
);

Deno.test(
  "Images in an archive have their classes from a table, too",
  withFolder(async (folder) => {
    await write(folder, {
      "data.tar": await tarOf([
        { name: "x/1.png", bytes: RED },
        { name: "x/2.png", bytes: BLUE },
      ]),
      "labels.csv": text("image,label\n1.png,a\n2.png,b\n"),
    });
    const options = { ...OPTIONS, path: "data.tar" };
    const { train } = await load(tar, options, folder);
    assert.deepEqual([...train.labels ?? []], [0, 1]);
  }),
);

Deno.test(
  "A table that does not fit is refused with its own names",
  withFolder(async (folder) => {
    const cases = [
      ["a,b\n1.png,x\n", /no column is called like image.*columns are a, b/],
      ["image,label\n", /no rows below its first/],
      ["image,label\nx.jpg,a\n", /none of its 1 rows.*"x\.jpg".*1\.png/],
      ["image,label\n1.png,a\n1.png,b\n", /"1\.png" stands in it twice/],
      ['image,label\n"1.png,a\n', /quote is not closed/],
      [
        "image,label\n1.png,cat, tame\n",
        /row 1 .* has 3 cells \(1\.png \| cat/,
      ],
      ["image,label,label\n1.png,a,b\n", /several .* are called "label"/],
      ["i\0m\0a\0", /it is no text: save it as CSV/],
    ] as const;
    for (const [table, pattern] of cases) {
      await write(folder, { ...FILES, "labels.csv": text(table) });
      await rejects(load(source, OPTIONS, folder), pattern, /labels\.csv/);
    }
    await rejects(
      load(source, { ...OPTIONS, labels: "no.csv" }, folder),
      /no\.csv: it does not exist/,
    );
    const labels = { file: "labels.csv", image: "file", label: "kind" };
    await write(folder, {
      "labels.csv": text("file,image,kind\n1.png,x,a\n2.png,y,b\n"),
    });
    const { train } = await load(source, { ...OPTIONS, labels }, folder);
    assert.equal(train.count, 2);
  }),
);
