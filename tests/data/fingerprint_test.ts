/** @file What a resumed run compares its data with notices every change that matters. */
import assert from "@std/assert";
import { join } from "node:path";
import { differ, fingerprint } from "../../lib/data/fingerprint.ts";
import { folder as source } from "../../lib/data/folder.ts";
import { image, withFolder, write } from "./fixtures.ts";

type Color = readonly [number, number, number];

const COLORS: readonly Color[] = [
  [255, 0, 0],
  [0, 255, 0],
  [0, 0, 255],
  [255, 255, 255],
];
const BLACK: Color = [0, 0, 0];

/** Two classes of two images each, in both splits; what is `made` may differ. */
async function make(
  folder: string,
  made: (path: string, color: Color) => readonly [string, Color],
): Promise<void> {
  for (const split of ["train", "test"]) {
    for (const [i, color] of COLORS.entries()) {
      const path = `${split}/${i < 2 ? "a" : "b"}/${i % 2}.png`;
      const [to, of] = made(path, color);
      await write(folder, { [to]: await image(of) });
    }
  }
}

async function digests(folder: string, memory: number): Promise<string[]> {
  const options = source.options.parse({ path: folder, size: 4, memory });
  const data = await source.load(options, {
    baseDir: folder,
    cacheDir: folder,
  });
  const { digest, judged } = fingerprint(data, true);
  return [digest, judged ?? ""];
}

/** Changes, and whether they are of the training images or of what is judged. */
const CHANGES: readonly {
  readonly what: string;
  readonly made: (path: string, color: Color) => readonly [string, Color];
  readonly changed: readonly [boolean, boolean];
}[] = [
  {
    what: "nothing",
    made: (path, color) => [path, color],
    changed: [false, false],
  },
  {
    what: "the pixels of one image",
    made: (path, color) => [path, path === "train/b/1.png" ? BLACK : color],
    changed: [true, false],
  },
  {
    what: "two class folders, swapped",
    made: (path, color) => [
      path.replace(/\/([ab])\//, (_, name) => name === "a" ? "/b/" : "/a/"),
      color,
    ],
    changed: [true, true],
  },
  {
    what: "the name of a class",
    made: (path, color) => [path.replace("/b/", "/c/"), color],
    changed: [false, true],
  },
  {
    what: "the pixels of one test image",
    made: (path, color) => [path, path === "test/a/0.png" ? BLACK : color],
    changed: [false, true],
  },
];

for (const memory of [0, 100]) {
  for (const { what, made, changed } of CHANGES) {
    Deno.test(
      `A change of ${what} shows in ${
        memory ? "images in memory" : "streamed images"
      }`,
      withFolder(async (folder) => {
        const [before, after] = [join(folder, "before"), join(folder, "after")];
        await make(before, (path, color) => [path, color]);
        await make(after, made);
        const [old, now] = [
          await digests(before, memory),
          await digests(after, memory),
        ];
        const found = old.map((one, i) => differ(one, now[i] ?? ""));
        // Streamed files have names, which are compared as well.
        const named = what === "the name of a class" && memory === 0;
        assert.deepEqual(found, named ? [true, true] : changed);
      }),
    );
  }
}

Deno.test("Digests of older versions are not compared", () => {
  assert.equal(differ("0123456789abcdef", "2-123"), false);
  assert.equal(differ("2-124", "2-123"), true);
});
