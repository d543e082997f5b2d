/** @file Nearest images and near-duplicates: those of a plain search, on one page. */
import assert from "@std/assert";
import { join } from "node:path";
import { similar } from "../../lib/cli/similar.ts";
import { UserError } from "../../lib/errors.ts";
import type { Features } from "../../lib/evaluate/features.ts";
import { nearestByIndex, recallOf } from "../../lib/similar/index_search.ts";
import { nearestOf, pairsOf } from "../../lib/similar/neighbours.ts";
import { compiledRuntime } from "../../lib/compile/runtime.ts";
import { withFolder } from "../data/fixtures.ts";
import { trainSmall, writeImages } from "../encoder/trained.ts";
import { engine } from "../helpers/engine.ts";
import { close, Dice } from "../helpers/numeric.ts";

Deno.test("The nearest rows are those of a plain search, and copies are pairs", async () => {
  const dice = new Dice(4);
  const [count, width] = [230, 6];
  const data = Float32Array.from(
    { length: count * width },
    () => dice.normal(),
  );
  data.copyWithin(7 * width, 3 * width, 4 * width);
  const set: Features = { count, width, data };
  const programs = compiledRuntime(engine);
  const found = await nearestOf(programs, set, set, 4);
  programs.close();
  const unit = Array.from({ length: count }, (_, i) => {
    const row = Array.from(data.subarray(i * width, (i + 1) * width));
    const length = Math.hypot(...row);
    return row.map((value) => value / length);
  });
  for (const i of [0, 3, 199, 229]) {
    const expected = unit.map((row) =>
      row.reduce((sum, value, j) => sum + value * unit[i]![j]!, 0)
    ).sort((a, b) => b - a).slice(0, 4);
    close(found.similarity.subarray(4 * i, 4 * i + 4), expected, 1e-5);
  }
  const [pair, ...others] = pairsOf(found, 0.9999);
  assert.deepEqual([pair!.a, pair!.b], [3, 7]);
  assert.equal(others.length, 0);
});

Deno.test(
  "A copy is found, by itself and by a query, and the page needs no other file",
  withFolder(async (folder) => {
    const run = await trainSmall(folder);
    const images = join(folder, "new");
    await writeImages(images, 12, 9);
    const copied = join(images, "bright", "0000.png");
    await Deno.copyFile(copied, join(images, "dark", "copy & co.png"));
    const page = async (options: object) => {
      const out = join(folder, "page.html");
      const code = await similar(run, [images], {
        k: 3,
        duplicates: 0.99999,
        out,
        force: true,
        device: "cpu",
        ...options,
      });
      assert.equal(code, 0);
      return await Deno.readTextFile(out);
    };
    const pairs = await page({});
    assert.match(pairs, /copy &amp; co\.png/);
    assert.match(pairs, /src="data:image\/png;base64,/);
    assert.doesNotMatch(pairs, /(src|href)="(?!data:)/);
    const asked = await page({ query: copied });
    assert.equal(asked.split("<figure>").length - 1, 4);
    assert.match(asked, /1\.0000 dark\/copy &amp; co\.png/);
    // The image that is asked about is none of those that it is like.
    assert.doesNotMatch(asked, /[\d.]+ bright\/0000\.png/);
    await assert.rejects(page({ force: false }), UserError);
  }),
);

Deno.test("An index finds nearly all that a comparison of all finds, and says how much", async () => {
  const dice = new Dice(4);
  const [count, width] = [1500, 16];
  const data = Float32Array.from(
    { length: count * width },
    () => dice.normal(),
  );
  // Row 1 is a copy of row 0, but for its length.
  data.set(data.subarray(0, width).map((value) => 2 * value), width);
  const bank = { count, width, data };
  const programs = compiledRuntime(engine);
  const { found, recall, asked } = await nearestByIndex(programs, bank, 6);
  const exact = await nearestOf(programs, bank, bank, 6);
  assert.equal(asked, 500);
  const everyRow = Int32Array.from({ length: count }, (_, i) => i);
  const whole = recallOf(exact, found, everyRow);
  assert.ok(recall > 0.95 && Math.abs(recall - whole) < 0.02, `${recall}`);
  const [first] = pairsOf(found, 0.99);
  assert.deepEqual([first?.a, first?.b], [0, 1]);
  assert.ok(Math.abs(first!.similarity - 1) < 1e-5);
  // Half of the neighbours is a recall of a half.
  const less = {
    ...found,
    rows: found.rows.map((row, i) => i % 6 < 3 ? row : -1),
  };
  const some = recallOf(exact, less, everyRow);
  assert.ok(some > 0.3 && some < 0.7, `${some}`);
  await assert.rejects(
    nearestByIndex(programs, bank, 6, {
      signal: AbortSignal.abort(new Error("enough")),
    }),
    /enough/,
  );
  programs.close();
});
