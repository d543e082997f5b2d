/** @file A source of the user's own is looked at before its images are believed. */
import assert from "@std/assert";
import { z } from "zod";
import { loadImages } from "../../lib/data/own_source.ts";
import {
  defineSource,
  type ImageStream,
  type LoadedData,
  type SourceDefinition,
} from "../../lib/data/source.ts";
import { UserError } from "../../lib/errors.ts";
import { checkText } from "../../lib/pipeline/load.ts";
import { BUILT_IN, register } from "../../lib/model/registry.ts";

const SHAPE = { height: 2, width: 2, channels: 3 };
const GOOD = { count: 4, ...SHAPE, pixels: new Uint8Array(4 * 12) };

/** A source that gives this, whatever it is. */
const source = (
  load: () => unknown,
  shape: unknown = SHAPE,
): SourceDefinition => ({
  ...defineSource({
    name: "mine",
    summary: "None",
    options: z.strictObject({}),
    shape: () => shape as typeof SHAPE,
    load: () => Promise.resolve(load() as LoadedData),
  }),
  name: "./mine.ts",
});

const load = (from: SourceDefinition): Promise<LoadedData> =>
  loadImages(from, {}, { baseDir: ".", cacheDir: "." });

const BAD: Readonly<Record<string, readonly [unknown, RegExp]>> = {
  "nothing": [undefined, /it gives no images/],
  "an empty map": [{}, /it gives no images/],
  "no images": [{ train: { ...GOOD, count: 0 } }, /it gives no images/],
  "another shape": [
    { train: { ...GOOD, width: 3 } },
    /it gives images of \[2,3,3\]: expected \[2,2,3\], as its `shape` says/,
  ],
  "too few pixels": [
    { train: { ...GOOD, pixels: new Uint8Array(5) } },
    /no Uint8Array of 48 bytes, 4 images of \[2,2,3\]/,
  ],
  "pixels of another type": [
    { train: { ...GOOD, pixels: new Float32Array(48) } },
    /no Uint8Array of 48 bytes/,
  ],
  "neither pixels nor a way to them": [
    { train: { count: 4, ...SHAPE } },
    /without `pixels`, and without `decode` and `names`/,
  ],
  "labels of no class": [
    {
      train: { ...GOOD, labels: Int32Array.from([0, 1, 2, 0]), classes: ["a"] },
    },
    /labels that are no Int32Array of 4 places in `classes`/,
  ],
  "test images that are none": [
    { train: GOOD, test: { ...GOOD, pixels: [] } },
    /no Uint8Array of 48 bytes/,
  ],
};

for (const [what, [given, message]] of Object.entries(BAD)) {
  Deno.test(`A source that gives ${what} is refused in words`, async () => {
    await assert.rejects(
      load(source(() => given)),
      (error: unknown) =>
        error instanceof UserError && message.test(error.message) &&
        error.message.startsWith('Cannot load images by "./mine.ts": '),
    );
  });
}

Deno.test("A source that gives images is believed", async () => {
  const { train, skipped } = await load(source(() => ({ train: GOOD })));
  assert.equal(train, GOOD);
  assert.deepEqual(skipped, []);
});

Deno.test("A source that fails as it loads, or as it decodes, is named", async () => {
  const throws = () => {
    throw new Error("out of cheese");
  };
  await assert.rejects(
    load(source(throws)),
    /^UserError: Cannot load images by ".\/mine\.ts": out of cheese/,
  );
  const stream = (decode: () => unknown) => ({
    train: { count: 1, ...SHAPE, names: ["a"], decode },
  });
  for (
    const [decode, message] of [
      [throws, /out of cheese/],
      [() => new Uint8Array(3), /image 0 is no Uint8Array of 12 bytes/],
    ] as const
  ) {
    const { train } = await load(source(() => stream(decode)));
    await assert.rejects(async () => {
      await (train as ImageStream).decode(0);
    }, message);
  }
});

Deno.test("A source that does not answer is told of, again and again, until it does", async () => {
  const { setInterval: own, clearInterval: stop } = globalThis;
  let tick = () => {};
  let running = 0;
  globalThis.setInterval = ((callback: () => void) => {
    tick = callback;
    return ++running;
  }) as unknown as typeof setInterval;
  globalThis.clearInterval = () => void running--;
  try {
    const { promise, resolve } = Promise.withResolvers<unknown>();
    const tasks: string[] = [];
    const loading = loadImages(source(() => promise), {}, {
      baseDir: ".",
      cacheDir: ".",
      onProgress: ({ task }) => void tasks.push(task),
    });
    tick();
    tick();
    resolve({ train: GOOD });
    await loading;
    assert.equal(tasks.length, 2);
    assert.match(tasks[0] ?? "", /^Waiting for the images of "\S+mine\.ts" \(/);
    assert.equal(running, 0);
  } finally {
    globalThis.setInterval = own;
    globalThis.clearInterval = stop;
  }
});

Deno.test("A source of images without a shape is reported at its place", () => {
  for (const shape of [null, { height: -8, width: 0.5, channels: "x" }]) {
    const { text } = checkText(
      "own.yaml",
      `data: { source: ./mine.ts, batch: 8 }
stages:
  views: { augment: none, of: image }
  y: { encode: mlp, of: views, hidden: 4, out: 4 }
  loss: { loss: nt_xent, between: [y, y] }
train: { steps: 2, optimizer: { sgd: { lr: 0.1 } } }
`,
      { registry: register(BUILT_IN, source(() => undefined, shape)) },
    );
    assert.match(
      text,
      /^own\.yaml:1:17: Cannot use ".\/mine\.ts": its shape is .*: expected height, width and channels, whole numbers from 1 \[custom-stage\]/,
    );
  }
});
