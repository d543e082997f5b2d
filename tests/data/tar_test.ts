import assert from "@std/assert";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { tar } from "../../lib/data/tar.ts";
import {
  firstPixels,
  image,
  load,
  rejects,
  type TarEntry,
  tarGzOf,
  tarOf,
  withFolder,
  write,
} from "./fixtures.ts";

const RED = await image([255, 0, 0]);
const GREEN = await image([0, 255, 0]);
const BLUE = await image([0, 0, 255]);
const TEXT = new TextEncoder().encode("some text");
const OPTIONS = { path: "a.tar", size: 4 };

async function loadTar(
  folder: string,
  entries: readonly TarEntry[],
  options: Record<string, unknown> = {},
) {
  await write(folder, { "a.tar": await tarOf(entries) });
  return await load(tar, { ...OPTIONS, ...options }, folder);
}

Deno.test(
  "Images in an archive are laid out like those in a folder",
  withFolder(async (folder) => {
    const { train, test, skipped } = await loadTar(folder, [
      { name: "./" },
      { name: "./test/b/9.png", bytes: BLUE },
      { name: "./train/b/1.png", bytes: GREEN },
      { name: "./train/a/x/1.png", bytes: RED },
      { name: "./train/a/notes.txt", bytes: TEXT },
      { name: "./train/a/._1.png", bytes: TEXT },
    ]);
    assert.deepEqual(train.classes, ["a", "b"]);
    assert.deepEqual(firstPixels(train), ["255,0,0", "0,255,0"]);
    assert.deepEqual([...train.labels ?? []], [0, 1]);
    assert.deepEqual(firstPixels(test as typeof train), ["0,0,255"]);
    assert.deepEqual([...test?.labels ?? []], [1]);
    assert.deepEqual(skipped.map(({ path }) => path.split(" in ")[0]), [
      "train/a/notes.txt",
    ]);
  }),
);

Deno.test(
  "A compressed archive of one folder has the classes inside",
  withFolder(async (folder) => {
    await write(folder, {
      "a.tgz": await tarGzOf({ "set/b/1.png": BLUE, "set/a/1.png": RED }),
      "flat.tgz": await tarGzOf({ "set/2.png": BLUE, "set/1.png": RED }),
    });
    const classes = await load(tar, { ...OPTIONS, path: "a.tgz" }, folder);
    assert.deepEqual(classes.train.classes, ["a", "b"]);
    assert.deepEqual(firstPixels(classes.train), ["255,0,0", "0,0,255"]);
    const flat = await load(tar, { ...OPTIONS, path: "flat.tgz" }, folder);
    assert.equal(flat.train.labels, undefined);
    assert.deepEqual(firstPixels(flat.train), ["255,0,0", "0,0,255"]);
  }),
);

Deno.test(
  "Images to test with may be a share, or another archive",
  withFolder(async (folder) => {
    await write(folder, {
      "a.tar": await tarGzOf({
        "a/1.png": RED,
        "a/2.png": RED,
        "b/1.png": GREEN,
        "b/2.png": GREEN,
      }),
      "held.tar": await tarGzOf({ "b/1.png": BLUE, "a/1.png": BLUE }),
    });
    const share = await load(tar, { ...OPTIONS, test: 0.5 }, folder);
    assert.deepEqual([...share.train.labels ?? []], [0, 1]);
    assert.deepEqual(firstPixels(share.test as typeof share.train), [
      "255,0,0",
      "0,255,0",
    ]);
    const held = await load(tar, { ...OPTIONS, test: "held.tar" }, folder);
    assert.equal(held.train.count, 4);
    assert.deepEqual([...held.test?.labels ?? []], [0, 1]);
  }),
);

Deno.test(
  "Of two members with one name the later counts, as in tar itself",
  withFolder(async (folder) => {
    const { train } = await loadTar(folder, [
      { name: "a/1.png", bytes: RED },
      { name: "b/1.png", bytes: GREEN },
      { name: "a/1.png", bytes: BLUE },
    ]);
    assert.deepEqual(firstPixels(train), ["0,0,255", "0,255,0"]);
  }),
);

Deno.test(
  "Long and foreign names are read",
  withFolder(async (folder) => {
    const long = `${"long".repeat(60)}/ümläut 中.png`;
    const { train } = await loadTar(folder, [
      { name: long, bytes: RED },
      { name: "b/1.png", bytes: GREEN },
    ]);
    assert.deepEqual(train.classes, ["b", "long".repeat(60)]);
  }),
);

/** Members that are refused, and the reason. */
const BAD: Readonly<Record<string, readonly [TarEntry, RegExp]>> = {
  "leads out of the archive": [
    { name: "a/../../../escape.png", bytes: BLUE },
    /escape\.png in .*a\.tar: its path has "\.\."/,
  ],
  "has an absolute path": [
    { name: "/etc/escape.png", bytes: BLUE },
    /escape\.png in .*a\.tar: its path is absolute/,
  ],
  "is a symbolic link": [
    { name: "a/2.png", link: { type: "symlink", to: "/etc/passwd" } },
    /a\/2\.png in .*a\.tar: it is a link/,
  ],
  "is a hard link": [
    { name: "a/2.png", link: { type: "link", to: "a/1.png" } },
    /a\/2\.png in .*a\.tar: it is a link/,
  ],
  "is empty": [
    { name: "a/2.png", bytes: new Uint8Array() },
    /a\/2\.png in .*a\.tar: the file is empty/,
  ],
  "is no image": [
    { name: "a/2.png", bytes: TEXT },
    /a\/2\.png in .*a\.tar: .*none of the formats/,
  ],
};

for (const [what, [entry, pattern]] of Object.entries(BAD)) {
  Deno.test(
    `A member that ${what} fails the load, or is left out on demand`,
    withFolder(async (folder) => {
      const entries = [
        { name: "a/1.png", bytes: RED },
        entry,
        { name: "b/1.png", bytes: GREEN },
      ];
      await rejects(loadTar(folder, entries), pattern, /on_error: skip/);
      const { train, skipped } = await loadTar(folder, entries, {
        on_error: "skip",
      });
      assert.deepEqual(firstPixels(train), ["255,0,0", "0,255,0"]);
      assert.equal(skipped.length, 1);
      // Nothing was unpacked.
      const names = await Array.fromAsync(Deno.readDir(folder));
      assert.deepEqual(names.map(({ name }) => name), ["a.tar"]);
    }),
  );
}

Deno.test(
  "An archive that is cut off anywhere is refused",
  withFolder(async (folder) => {
    const whole = await tarOf([
      { name: "a/1.png", bytes: RED },
      { name: "b/1.png", bytes: GREEN },
    ]);
    const zipped = new Uint8Array(gzipSync(whole));
    // In a file, between two members, in a header, in the end mark's place.
    const cuts = [600, 1024, 1300, whole.length - 1024];
    for (const cut of cuts) {
      await write(folder, { "a.tar": whole.slice(0, cut) });
      await rejects(load(tar, OPTIONS, folder), /truncated or damaged/);
    }
    await write(folder, {
      "a.tar": new Uint8Array(gzipSync(new Uint8Array())),
    });
    await rejects(load(tar, OPTIONS, folder), /truncated or damaged/);
    for (const cut of [20, 60, zipped.length - 5]) {
      await write(folder, { "a.tar": zipped.slice(0, cut) });
      await rejects(load(tar, OPTIONS, folder), /truncated or damaged/);
    }
  }),
);

Deno.test(
  "What is no archive, or holds no image, is named",
  withFolder(async (folder) => {
    await write(folder, {
      "zip": Uint8Array.of(0x50, 0x4b, 3, 4, 0, 0, 0),
      "text": TEXT,
      "none.tar": await tarOf([{ name: "a.txt", bytes: TEXT }]),
      "folder/a.png": RED,
    });
    const from = (path: string) => load(tar, { ...OPTIONS, path }, folder);
    await rejects(
      from("zip"),
      /the file is a zip archive, expected a whole tar/,
    );
    await rejects(from("text"), /the file is not one/);
    await rejects(from("none.tar"), /Cannot find images .* a\.txt in/);
    await rejects(from("folder"), /it is a folder.*\n.*source: folder/);
    await rejects(from(join("no", "thing")), /it does not exist/);
  }),
);
