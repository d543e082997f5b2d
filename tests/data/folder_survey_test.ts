/** @file Large folders: their survey is remembered, and checked. */
import assert from "@std/assert";
import { join } from "node:path";
import { folder as source } from "../../lib/data/folder.ts";
import type { ImageOptions } from "../../lib/data/image_options.ts";
import type { LoadedData } from "../../lib/data/source.ts";
import { streamPlan } from "../../lib/data/stream.ts";
import { image, withFolder, write } from "./fixtures.ts";

const RED = await image([255, 0, 0]);
const FILES = 5_000;

Deno.test(
  "A large folder is surveyed once, as long as it is the same, and read in the same way",
  withFolder(async (folder) => {
    await write(folder, {
      "data/a/0.png": RED,
      "data/b/bad.png": new Uint8Array(9),
    });
    const first = join(folder, "data/a/0.png");
    await Promise.all(
      Array.from(
        { length: FILES },
        (_, i) => Deno.link(first, join(folder, `data/a/${i + 1}.png`)),
      ),
    );
    let checked = 0;
    const load = async (more = {}): Promise<LoadedData> => {
      checked = 0;
      return await source.load(
        source.options.parse({
          path: "data",
          size: 4,
          memory: 0,
          on_error: "skip",
          ...more,
        }),
        {
          baseDir: folder,
          cacheDir: join(folder, "cache"),
          onProgress: ({ task }) => {
            if (task.startsWith("Checking")) checked++;
          },
        },
      );
    };
    const { remarks: _, ...before } = await load();
    assert.equal(checked, FILES + 2);
    assert.equal(before.skipped.length, 1);

    const { remarks, ...again } = await load();
    assert.equal(checked, 0);
    assert.match(
      remarks?.join("\n") ?? "",
      /list of files is that of an earlier run: 3 folder/,
    );
    assert.deepEqual(
      [again.train.count, again.train.labels, again.skipped],
      [before.train.count, before.train.labels, before.skipped],
    );

    await load({ channels: 1 });
    assert.equal(checked, FILES + 2, "read otherwise");

    await write(folder, { "data/a/new.png": RED });
    const { train } = await load();
    assert.equal(checked, FILES + 3, "a file more");
    assert.equal(train.count, before.train.count + 1);

    await Deno.writeFile(first, new Uint8Array([...RED, 0]));
    await load();
    assert.equal(checked, FILES + 3, "files written over");
  }),
);

Deno.test("Of very many files the headers of some are looked at, evenly spread, and it is said", async () => {
  const paths = Array.from({ length: 20_001 }, (_, i) => `${i}.png`);
  const seen: number[] = [];
  const { train, remarks } = await streamPlan(
    { train: { paths } },
    {
      name: ({ path }) => path,
      read({ image }) {
        seen.push(image);
        return Promise.resolve(RED);
      },
    },
    source.options.parse({ path: "x", size: 8 }) as ImageOptions,
    [],
    "x",
    { baseDir: ".", cacheDir: "." },
  );
  assert.equal(train.count, 20_001);
  assert.equal(seen.length, 5_000);
  assert.ok(Math.max(...seen) > 19_990 && seen.includes(0));
  assert.match(remarks?.at(-1) ?? "", /of 5,000 of 20,001 files the headers/);
});
