/** @file Image files of every kind: decoded right, or refused with a reason. */
import assert from "@std/assert";
import { join } from "node:path";
import { decodeImage } from "../../lib/data/decode.ts";
import { folder as source } from "../../lib/data/folder.ts";
import { corpus, type Expected, type Quarters, SIDE } from "./corpus.ts";
import { load, withFolder, write } from "./fixtures.ts";

const FILES = await corpus();
const SHAPE = { height: SIDE, width: SIDE, channels: 3 };

/** Asserts that pixels show a picture, in the middle of its quarters. */
function assertShows(
  pixels: Uint8Array,
  quarters: Quarters,
  tolerance: number,
): void {
  assert.equal(pixels.length, SIDE * SIDE * 3);
  quarters.forEach((color, quarter) => {
    const row = SIDE / 4 + (quarter >= 2 ? SIDE / 2 : 0);
    const column = SIDE / 4 + (quarter % 2 ? SIDE / 2 : 0);
    const at = (row * SIDE + column) * 3;
    const found = [...pixels.subarray(at, at + 3)];
    assert.ok(
      color.every((value, i) =>
        Math.abs(value - (found[i] ?? Infinity)) <= tolerance
      ),
      `quarter ${quarter}: found ${found}, expected ${color} within ${tolerance}`,
    );
  });
}

const isGood = (
  expected: Expected,
): expected is Extract<Expected, { shows: unknown }> => "shows" in expected;

Deno.test("The corpus has more than 60 files, of both kinds", () => {
  const all = Object.values(FILES);
  assert.ok(all.length > 60, `${all.length}`);
  const good = all.filter(({ expected }) => isGood(expected));
  assert.ok(good.length > 30 && all.length - good.length > 30);
});

for (const [name, { bytes, expected }] of Object.entries(FILES)) {
  Deno.test(`${name} is ${isGood(expected) ? "decoded right" : "refused"}`, async () => {
    const pixels = await decodeImage(bytes, SHAPE, { range: "full" }).then(
      (pixels) => pixels,
      (error: unknown) => error,
    );
    if (isGood(expected)) {
      if (!(pixels instanceof Uint8Array)) throw pixels;
      assertShows(pixels, expected.shows, expected.tolerance);
    } else if (bytes.length > 0) {
      assert.ok(pixels instanceof Error, "it was decoded");
      assert.match((pixels as Error).message, expected.reason);
    }
  });
}

Deno.test(
  "A folder of all of them gives the good ones and a reason for each of the others",
  withFolder(async (folder) => {
    await write(
      join(folder, "data"),
      Object.fromEntries(
        Object.entries(FILES).map(([name, { bytes }]) => [name, bytes]),
      ),
    );
    const options = {
      path: "data",
      size: SIDE,
      range: "full",
      on_error: "skip",
    };
    const { train, skipped } = await load(source, options, folder);
    const names = Object.keys(FILES).sort();
    const good = names.filter((name) => isGood(FILES[name]!.expected));
    assert.equal(train.count, good.length);
    const each = SIDE * SIDE * 3;
    good.forEach((name, i) => {
      const { expected } = FILES[name]!;
      if (!isGood(expected)) return;
      const pixels = train.pixels.subarray(i * each, (i + 1) * each);
      assertShows(pixels, expected.shows, expected.tolerance);
    });
    assert.deepEqual(
      skipped.map(({ path }) => path.split("/").at(-1)),
      names.filter((name) => !good.includes(name)),
    );
    for (const { path, reason } of skipped) {
      assert.ok(
        reason.length > 0 && !reason.includes("\n"),
        `${path}: ${reason}`,
      );
    }
  }),
);
