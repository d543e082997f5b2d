/** @file What a resumed run compares its data with notices every change that matters. */
import assert from "@std/assert";
import { dirname, join } from "node:path";
import sharp from "sharp";
import { differ, fingerprint } from "../../lib/data/fingerprint.ts";
import { folder as source } from "../../lib/data/folder.ts";
import type { SourceDefinition } from "../../lib/data/source.ts";
import { tar } from "../../lib/data/tar.ts";
import { image, tarOf, withFolder, write } from "./fixtures.ts";

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

async function digests(
  path: string,
  memory: number,
  from: SourceDefinition = source,
  more: Readonly<Record<string, unknown>> = {},
): Promise<string[]> {
  const options = from.options.parse({ path, size: 4, memory, ...more });
  const data = await from.load(options, {
    baseDir: "/",
    cacheDir: dirname(path),
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
  assert.equal(differ("0123456789abcdef", "3-123"), false);
  assert.equal(differ("2-124", "3-123"), false);
  assert.equal(differ("3-124", "3-123"), true);
});

/** A file of more bytes than a look at its header reads. */
async function large(): Promise<Uint8Array> {
  const pixels = crypto.getRandomValues(new Uint8Array(60_000));
  const raw = new Uint8Array(600_000).map((_, i) => pixels[i % 60_000] ?? 0);
  const bytes = await sharp(raw, {
    raw: { width: 500, height: 400, channels: 3 },
  })
    .png({ compressionLevel: 0 }).toBuffer();
  assert.ok(bytes.length > 2 ** 19);
  return new Uint8Array(bytes);
}

/** Changes of a large file, behind its header. */
const LATE: Readonly<Record<string, (bytes: Uint8Array) => Uint8Array>> = {
  "its end": (bytes) =>
    bytes.map((byte, i) => i === bytes.length - 20 ? byte ^ 1 : byte),
  "its length": (bytes) =>
    Uint8Array.from([
      ...bytes.subarray(0, 300_000),
      ...bytes.subarray(300_010),
    ]),
};

for (const [what, change] of Object.entries(LATE)) {
  Deno.test(
    `A change of ${what} shows in a large streamed file, in a folder or an archive`,
    withFolder(async (folder) => {
      const bytes = await large();
      const of = async (bytes: Uint8Array): Promise<string[]> => {
        await write(folder, { "data/a.png": bytes });
        await Deno.writeFile(
          join(folder, "a.tar"),
          await tarOf([{ name: "a.png", bytes }]),
        );
        const [inFolder = ""] = await digests(join(folder, "data"), 0);
        const [inTar = ""] = await digests(join(folder, "a.tar"), 0, tar);
        return [inFolder, inTar];
      };
      const before = await of(bytes);
      assert.deepEqual(await of(bytes), before);
      const after = await of(change(bytes));
      assert.ok(before.every((one, i) => differ(one, after[i] ?? "")));
    }),
  );
}

Deno.test(
  "A change anywhere in a file shows in its streamed tiles",
  withFolder(async (folder) => {
    const bytes = await large();
    const of = async (bytes: Uint8Array): Promise<string> => {
      await write(folder, { "data/a.png": bytes });
      return (await digests(join(folder, "data"), 0, source, { tile: 200 }))[
        0
      ] ??
        "";
    };
    const before = await of(bytes);
    assert.equal(await of(bytes), before);
    const changed = bytes.map((byte, i) => i === 300_000 ? byte ^ 1 : byte);
    assert.ok(differ(before, await of(changed)));
  }),
);
