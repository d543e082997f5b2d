/** @file TensorBoard's event files of a run, read by a reader of our own. */
import assert from "@std/assert";
import { join } from "node:path";
import sharp from "sharp";
import { crc32c } from "../../lib/track/tensorboard/tf_record.ts";
import { findResumable } from "../../lib/train/resume.ts";
import { train } from "../../lib/train/train.ts";
import { withFolder } from "../data/fixtures.ts";
import { SIDE, trainSmall } from "../encoder/trained.ts";
import { type Point, readEvents } from "./event_reader.ts";

Deno.test("Checksums are those of RFC 3720's examples", () => {
  const ascending = Uint8Array.from({ length: 32 }, (_, i) => i);
  assert.equal(crc32c(new Uint8Array(32)), 0x8a9136aa);
  assert.equal(crc32c(new Uint8Array(32).fill(255)), 0x62a8ab43);
  assert.equal(crc32c(ascending), 0x46dd794e);
});

const metricsOf = async (
  run: string,
): Promise<Record<string, number | null>[]> =>
  (await Deno.readTextFile(join(run, "metrics.jsonl"))).trim().split("\n")
    .map((line) => JSON.parse(line));

/** Every number of every line is told, once, in the order of the steps. */
function assertTold(
  events: ReadonlyMap<string, readonly Point[]>,
  lines: readonly Readonly<Record<string, number | null>>[],
): void {
  const keys = new Set(lines.flatMap((line) => Object.keys(line)));
  keys.delete("step");
  keys.delete("seconds");
  for (const key of keys) {
    const told = events.get(key.replace(":", "/")) ?? [];
    assert.deepEqual(
      told.map(({ step, scalar }) => [step, scalar]),
      lines.filter((line) => key in line)
        .map((line) => [line["step"], Math.fround(line[key] ?? NaN)]),
      key,
    );
  }
}

Deno.test(
  "A run's scalars, spectra and views are in its event files; a resumed run leaves no overlap",
  withFolder(async (folder) => {
    const run = await trainSmall(
      folder,
      `evaluate:
  knn: { k: 3 }
  data: { source: folder, path: images, size: ${SIDE}, test: 0.25 }
checkpoint: { every: 1 }
track: { tensorboard: { images: 24 } }`,
    );
    const lines = await metricsOf(run);
    const events = await readEvents(run);
    assertTold(events, lines);
    const { knn } = JSON.parse(
      await Deno.readTextFile(join(run, "summary.json")),
    );
    assert.ok(knn > 0);
    assert.deepEqual(
      events.get("knn")?.map(({ step, scalar }) => [step, scalar]),
      [[6, Math.fround(knn)]],
    );
    assert.ok(
      ["lr", "epoch", "gradient_norm/y"].every((tag) => events.has(tag)),
    );

    for (const matrix of ["covariance", "moment"]) {
      const told = events.get(`log10 of eigenvalues/${matrix}`) ?? [];
      assert.deepEqual(told.map(({ step }) => step), [3, 6]);
      const { min = 0, max = 0, count = 0, limits = [], counts = [] } =
        told[0]?.histogram ?? {};
      // The projection has 4 numbers.
      assert.equal(count, 4);
      assert.equal(counts.reduce((sum, one) => sum + one, 0), 4);
      assert.ok(min < max && max <= (limits.at(-1) ?? NaN) + 1e-9);
    }

    // At the first step and with each of two checkpoints.
    const views = events.get("views/views") ?? [];
    assert.deepEqual(views.map(({ step }) => step), [1, 3, 6]);
    const picture = await sharp(views[0]?.png).raw()
      .toBuffer({ resolveWithObject: true });
    // A row an image, a column for it and for each of two views.
    const wide = 3 * SIDE + 4;
    assert.deepEqual(
      [picture.info.width, picture.info.height],
      [wide, 24 * (SIDE + 2) - 2],
    );
    // The first column is the images as they are: 12 bright ones, 12 dark ones.
    const bright = Array.from(
      { length: 24 },
      (_, image) => (picture.data[image * (SIDE + 2) * wide * 3] ?? 0) >= 125,
    );
    assert.deepEqual(bright, [
      ...Array(12).fill(true),
      ...Array(12).fill(false),
    ]);

    // Killed after its last steps: a torn record, and no checkpoint of them.
    for await (const { name } of Deno.readDir(run)) {
      if (!name.includes("tfevents")) continue;
      const torn = Uint8Array.of(9, 0, 0, 0);
      await Deno.writeFile(join(run, name), torn, { append: true });
    }
    const last = join(run, "checkpoints", "step-00000006.safetensors");
    await Deno.remove(last);
    const { loaded, point } = await findResumable(run);
    assert.equal(point.checkpoint?.entry.step, 3);
    await train(loaded, { device: "cpu", resume: point });
    const again = await readEvents(run);
    assertTold(again, await metricsOf(run));
    assert.deepEqual(
      again.get("views/views")?.map(({ step }) => step),
      [1, 3, 6],
    );
    const earlier = events.get("loss")?.[0]?.time ?? NaN;
    assert.ok((again.get("loss")?.at(-1)?.time ?? NaN) > earlier);
  }),
);
