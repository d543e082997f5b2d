import assert from "@std/assert";
import { join } from "node:path";
import sharp from "sharp";
import { decodePlan } from "../../lib/data/decode_plan.ts";
import { imageOptions } from "../../lib/data/image_options.ts";
import { folder as source } from "../../lib/data/folder.ts";
import type { LoadProgress } from "../../lib/data/source.ts";
import {
  firstPixels,
  image,
  load,
  rejects,
  withFolder,
  write,
} from "./fixtures.ts";

const RED = await image([255, 0, 0]);
const GREEN = await image([0, 255, 0]);
const BLUE = await image([0, 0, 255]);
const TEXT = new TextEncoder().encode("some text");
const OPTIONS = { path: "data", size: 4 };

const truncated = async (): Promise<Uint8Array> => {
  const noise = { type: "gaussian", mean: 128, sigma: 40 } as const;
  const bytes = await sharp({
    create: { width: 64, height: 64, channels: 3, background: "gray", noise },
  }).jpeg().toBuffer();
  return new Uint8Array(bytes.subarray(0, bytes.length / 2));
};

Deno.test(
  "Class folders give labels, in the order of their names",
  withFolder(async (folder) => {
    await write(join(folder, "data"), {
      "zebra/1.png": BLUE,
      "ant/deep/er/2.png": GREEN,
      "ant/1.PNG": RED,
    });
    const progress: LoadProgress[] = [];
    const { train, test, skipped } = await load(
      source,
      OPTIONS,
      folder,
      (p) => progress.push(p),
    );
    assert.deepEqual(train.classes, ["ant", "zebra"]);
    assert.deepEqual([...train.labels ?? []], [0, 0, 1]);
    assert.deepEqual(firstPixels(train), ["255,0,0", "0,255,0", "0,0,255"]);
    assert.equal(test, undefined);
    assert.deepEqual(skipped, []);
    assert.deepEqual(progress.map(({ done, total }) => [done, total]), [
      [1, 3],
      [2, 3],
      [3, 3],
    ]);
  }),
);

Deno.test(
  "Images without class folders have no labels; copies are kept",
  withFolder(async (folder) => {
    await write(join(folder, "data"), { "b.png": RED, "a.png": RED });
    const { train } = await load(source, OPTIONS, folder);
    assert.deepEqual(firstPixels(train), ["255,0,0", "255,0,0"]);
    assert.equal(train.labels, undefined);
    assert.equal(train.classes, undefined);
  }),
);

Deno.test("The shape is known before anything is loaded", () => {
  const shape = (options: Record<string, unknown>) =>
    source.shape(source.options.parse({ path: "none", ...options }));
  assert.deepEqual(shape({ size: 48 }), { height: 48, width: 48, channels: 3 });
  assert.deepEqual(
    shape({ size: { height: 8, width: 6 }, channels: 1 }),
    { height: 8, width: 6, channels: 1 },
  );
});

Deno.test("Wrong options are told from right ones, which come back as they are", () => {
  const whole = source.options.parse({ path: "a", size: 8, test: 0.1 });
  assert.deepEqual(source.options.parse(whole), whole);
  const wrong = [
    { size: 0 },
    { size: "32" },
    { size: { height: 8 } },
    { channels: 0 },
    { channels: 1.5 },
    { channels: 3, bands: [1, 2] },
    { bands: [] },
    { bands: [0] },
    { range: [255, 0] },
    { range: [0] },
    { range: "fill" },
    { page: 0 },
    { test: 1 },
    { test: 0 },
    { test: true },
    { on_error: "ignore" },
    { pth: "a" },
  ];
  for (const options of wrong) {
    const result = source.options.safeParse({ path: "a", size: 8, ...options });
    assert.equal(result.success, false, JSON.stringify(options));
  }
});

Deno.test(
  "Height, width and channels may be chosen",
  withFolder(async (folder) => {
    await write(join(folder, "data"), { "a.png": RED });
    const size = { height: 4, width: 6 };
    const options = { ...OPTIONS, size, channels: 1 };
    const { train } = await load(source, options, folder);
    assert.deepEqual(
      [train.height, train.width, train.channels, train.pixels.length],
      [4, 6, 1, 24],
    );
  }),
);

for (
  const [what, path, test] of [
    ["in the training folder", "data", "data/held"],
    ["above it", "data/held", "data"],
    ["the same one", "data", "data"],
    ["the same one by a link", "data", "linked"],
  ] as const
) {
  Deno.test(
    `A folder to test with that is ${what} is refused`,
    withFolder(async (folder) => {
      await write(join(folder, "data"), {
        "a/1.png": RED,
        "held/a/1.png": RED,
      });
      await Deno.symlink(join(folder, "data"), join(folder, "linked"));
      await assert.rejects(
        load(source, { ...OPTIONS, path, test }, folder),
        /^UserError: Cannot test with .*: it shares images with .*\n/,
      );
    }),
  );
}

Deno.test(
  "A folder to test with may have a name that begins as the other's",
  withFolder(async (folder) => {
    await write(join(folder, "data"), { "a/1.png": RED });
    await write(join(folder, "data.test"), { "a/1.png": BLUE });
    const options = { ...OPTIONS, path: "data", test: "data.test" };
    const { test } = await load(source, options, folder);
    assert.equal(test?.count, 1);
  }),
);

Deno.test(
  "Folders train and test are the splits",
  withFolder(async (folder) => {
    await write(join(folder, "data"), {
      "train/a/1.png": RED,
      "train/b/1.png": GREEN,
      "test/b/1.png": BLUE,
      "readme.txt": TEXT,
    });
    const { train, test } = await load(source, OPTIONS, folder);
    assert.deepEqual(firstPixels(train), ["255,0,0", "0,255,0"]);
    assert.ok(test);
    assert.deepEqual(firstPixels(test as typeof train), ["0,0,255"]);
    assert.deepEqual([...test?.labels ?? []], [1]);
    assert.deepEqual(test?.classes, ["a", "b"]);
  }),
);

Deno.test(
  "Images to test with may be a share, or lie in another folder",
  withFolder(async (folder) => {
    await write(folder, {
      "data/a/1.png": RED,
      "data/a/2.png": RED,
      "data/b/1.png": GREEN,
      "data/b/2.png": GREEN,
      "held/b/1.png": BLUE,
    });
    const share = await load(source, { ...OPTIONS, test: 0.5 }, folder);
    assert.deepEqual([...share.train.labels ?? []], [0, 1]);
    assert.deepEqual([...share.test?.labels ?? []], [0, 1]);
    const held = await load(source, { ...OPTIONS, test: "held" }, folder);
    assert.equal(held.train.count, 4);
    assert.deepEqual(firstPixels(held.test as typeof held.train), ["0,0,255"]);
    await rejects(
      load(source, { ...OPTIONS, test: "none" }, folder),
      /none: it does not exist/,
    );
  }),
);

Deno.test(
  "Files that are no images are left out and counted, hidden ones ignored",
  withFolder(async (folder) => {
    await write(join(folder, "data"), {
      "a/1.png": RED,
      "a/notes.txt": TEXT,
      "a/.DS_Store": TEXT,
      ".cache/1.png": TEXT,
    });
    const { train, skipped } = await load(source, OPTIONS, folder);
    assert.deepEqual(train.classes, ["a"]);
    assert.equal(skipped.length, 1);
    assert.match(skipped[0]?.path ?? "", /data\/a\/notes\.txt$/);
    assert.match(skipped[0]?.reason ?? "", /does not end in one of/);
  }),
);

/** Files that are called images, and what is said of them. */
const BAD: Readonly<
  Record<string, readonly [() => Uint8Array | Promise<Uint8Array>, RegExp]>
> = {
  "an empty file": [() => new Uint8Array(), /the file is empty/],
  "a text": [() => TEXT, /none of the formats that are read/],
  "half a JPEG": [truncated, /premature|truncated|end of|cut off/i],
};

for (const [what, [make, pattern]] of Object.entries(BAD)) {
  Deno.test(
    `An image that is ${what} fails the load, or is left out on demand`,
    withFolder(async (folder) => {
      await write(join(folder, "data"), {
        "a/1.png": RED,
        "a/2.jpg": await make(),
        "b/3.png": BLUE,
      });
      await rejects(
        load(source, OPTIONS, folder),
        /Cannot read the image .*data\/a\/2\.jpg: /,
        pattern,
        /on_error: skip/,
      );
      const { train, skipped } = await load(
        source,
        { ...OPTIONS, on_error: "skip" },
        folder,
      );
      assert.deepEqual(firstPixels(train), ["255,0,0", "0,0,255"]);
      assert.deepEqual([...train.labels ?? []], [0, 1]);
      assert.equal(skipped.length, 1);
      assert.match(skipped[0]?.reason ?? "", pattern);
    }),
  );
}

Deno.test(
  "Nothing but bad images is an error whatever the policy",
  withFolder(async (folder) => {
    await write(join(folder, "data"), { "1.png": TEXT, "2.png": TEXT });
    await rejects(
      load(source, { ...OPTIONS, on_error: "skip" }, folder),
      /Cannot read any of the 2 images/,
    );
  }),
);

Deno.test({
  name: "Links are followed, unless they lead back or nowhere",
  ignore: Deno.build.os === "windows",
  fn: withFolder(async (folder) => {
    const data = join(folder, "data");
    await write(folder, { "data/a/1.png": RED, "elsewhere/2.png": BLUE });
    await Deno.symlink(data, join(data, "a", "loop"));
    await Deno.symlink(join(folder, "elsewhere"), join(data, "b"));
    const { train, skipped } = await load(source, OPTIONS, folder);
    assert.deepEqual(train.classes, ["a", "b"]);
    assert.deepEqual(firstPixels(train), ["255,0,0", "0,0,255"]);
    assert.deepEqual(
      skipped.map(({ reason }) => reason),
      ["it is a link to a folder that it lies in"],
    );
    await Deno.symlink(join(folder, "nowhere"), join(data, "a", "3.png"));
    await rejects(
      load(source, OPTIONS, folder),
      /data\/a\/3\.png: it does not exist/,
    );
  }),
});

Deno.test({
  name: "A pipe that is called an image does not stop the load",
  ignore: Deno.build.os === "windows",
  fn: withFolder(async (folder) => {
    await write(join(folder, "data"), { "1.png": RED });
    const args = [join(folder, "data", "2.png")];
    await new Deno.Command("mkfifo", { args }).output();
    const { train, skipped } = await load(source, OPTIONS, folder);
    assert.equal(train.count, 1);
    assert.equal(skipped[0]?.reason, "it is not a file");
  }),
});

Deno.test(
  "A folder without images says what was found instead",
  withFolder(async (folder) => {
    await write(folder, { "data/a.txt": TEXT, "file": TEXT });
    await Deno.mkdir(join(folder, "empty"));
    await rejects(
      load(source, OPTIONS, folder),
      /Cannot find images in .*data \(1 other files, such as .*a\.txt/,
    );
    await rejects(
      load(source, { ...OPTIONS, path: "empty" }, folder),
      /Cannot find images in .*empty: expected/,
    );
    await rejects(
      load(source, { ...OPTIONS, path: "file" }, folder),
      /it is a file, expected a folder/,
      /source: tar/,
    );
  }),
);

Deno.test(
  "Images beside class folders are refused",
  withFolder(async (folder) => {
    await write(join(folder, "data"), { "a/1.png": RED, "2.png": RED });
    await rejects(
      load(source, OPTIONS, folder),
      /2\.png lies beside the class folder a\//,
    );
  }),
);

Deno.test("More images than memory holds are refused before they are decoded", async () => {
  const options = imageOptions.parse({ path: "data", size: 4096 });
  const each = 4096 * 4096 * 3;
  const count = Math.ceil(Deno.systemMemoryInfo().total / each);
  const train = { paths: Array.from({ length: count }, (_, i) => `${i}.png`) };
  const context = { baseDir: ".", cacheDir: "." };
  await rejects(
    decodePlan({ train }, [], options, [], "data", context),
    new RegExp(`Cannot hold ${count} images of 4096x4096 in memory: .* needed`),
  );
});
