import assert from "@std/assert";
import { gzipSync } from "node:zlib";
import { mnist } from "../../lib/data/mnist.ts";
import { load, rejects, withFolder, write } from "./fixtures.ts";

/** An IDX file of unsigned bytes. */
function idx(shape: readonly number[], data: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(4 + 4 * shape.length + data.length);
  bytes.set([0, 0, 8, shape.length]);
  const view = new DataView(bytes.buffer);
  shape.forEach((length, i) => view.setUint32(4 + 4 * i, length));
  bytes.set(data, 4 + 4 * shape.length);
  return bytes;
}

const pixels = (count: number): Uint8Array =>
  Uint8Array.from({ length: count * 784 }, (_, i) => (i * 13 + (i >> 8)) & 255);
const images = (count: number): Uint8Array =>
  idx([count, 28, 28], pixels(count));
const labels = (...values: number[]): Uint8Array =>
  idx([values.length], Uint8Array.from(values));
const gzip = (bytes: Uint8Array): Uint8Array => new Uint8Array(gzipSync(bytes));

const WHOLE: Readonly<Record<string, Uint8Array>> = {
  "train-images-idx3-ubyte": images(3),
  "train-labels-idx1-ubyte": labels(4, 0, 2),
  "t10k-images-idx3-ubyte": images(2),
  "t10k-labels-idx1-ubyte": labels(6, 1),
};

const FORMS: Readonly<Record<string, Readonly<Record<string, Uint8Array>>>> = {
  "plain files": WHOLE,
  "gzip files": Object.fromEntries(
    Object.entries(WHOLE).map(([name, bytes]) => [`${name}.gz`, gzip(bytes)]),
  ),
  "files with a dot in their names": Object.fromEntries(
    Object.entries(WHOLE).map((
      [name, bytes],
    ) => [name.replace("-idx", ".idx"), bytes]),
  ),
  "unpacked files that are still called .gz": Object.fromEntries(
    Object.entries(WHOLE).map(([name, bytes]) => [`${name}.gz`, bytes]),
  ),
};

for (const [form, files] of Object.entries(FORMS)) {
  Deno.test(
    `MNIST is read from ${form}`,
    withFolder(async (folder) => {
      await write(folder, files);
      const { train, test, skipped } = await load(mnist, { path: "." }, folder);
      const { count, height, width, channels } = train;
      assert.deepEqual([count, height, width, channels], [3, 28, 28, 1]);
      assert.deepEqual([...train.pixels], [...pixels(3)]);
      assert.deepEqual([...train.labels ?? []], [4, 0, 2]);
      assert.deepEqual([...test?.pixels ?? []], [...pixels(2)]);
      assert.deepEqual([...test?.labels ?? []], [6, 1]);
      const classes = ["0", "1", "2", "3", "4", "5", "6"];
      assert.deepEqual(train.classes, classes);
      assert.deepEqual(test?.classes, classes);
      assert.deepEqual(skipped, []);
    }),
  );
}

Deno.test(
  "MNIST without labels and test images is read without them",
  withFolder(async (folder) => {
    await write(folder, { "train-images-idx3-ubyte": images(2) });
    const data = await load(mnist, { path: "." }, folder);
    assert.equal(data.train.count, 2);
    assert.equal(data.train.labels, undefined);
    assert.equal(data.train.classes, undefined);
    assert.equal(data.test, undefined);
  }),
);

/** Files that take the place of whole ones, and what the user is told. */
const BROKEN: Readonly<
  Record<string, readonly [Record<string, Uint8Array>, RegExp]>
> = {
  "labels where images should be": [
    { "train-images-idx3-ubyte": labels(...Array<number>(20).fill(1)) },
    /train-images-idx3-ubyte: it begins with 0x00000801, expected 0x00000803/,
  ],
  "too few bytes": [
    { "t10k-images-idx3-ubyte": images(2).slice(0, -1) },
    /t10k-images-idx3-ubyte: it is truncated: it has 1567 bytes .* expected 1568/,
  ],
  "too many bytes": [
    { "train-labels-idx1-ubyte": Uint8Array.of(...labels(1, 2, 3), 9) },
    /has 4 bytes after its header, expected 3/,
  ],
  "no header": [
    { "train-images-idx3-ubyte": Uint8Array.of(0, 0, 8) },
    /it has 3 bytes, expected a header of 16/,
  ],
  "no bytes at all": [
    { "train-images-idx3-ubyte": new Uint8Array() },
    /it has 0 bytes/,
  ],
  "half a gzip file": [
    { "train-images-idx3-ubyte": gzip(images(3)).slice(0, 300) },
    /truncated or damaged/,
  ],
  "as many labels as another": [
    { "train-labels-idx1-ubyte": labels(1, 2) },
    /has 2 labels for the 3 images/,
  ],
  "images of another size": [
    { "train-images-idx3-ubyte": idx([1, 32, 32], new Uint8Array(1024)) },
    /1 images of 32x32, expected some of 28x28/,
  ],
  "no images": [
    { "t10k-images-idx3-ubyte": idx([0, 28, 28], new Uint8Array()) },
    /0 images of 28x28/,
  ],
};

for (const [what, [files, pattern]] of Object.entries(BROKEN)) {
  Deno.test(
    `MNIST with ${what} is refused with the reason`,
    withFolder(async (folder) => {
      await write(folder, { ...WHOLE, ...files });
      await rejects(load(mnist, { path: "." }, folder), pattern);
    }),
  );
}

Deno.test(
  "MNIST from a place without it names what was looked for",
  withFolder(async (folder) => {
    await write(folder, { "a/b": new Uint8Array() });
    await rejects(
      load(mnist, { path: "a" }, folder),
      /\/a: expected train-images-idx3-ubyte/,
    );
    await rejects(load(mnist, { path: "a/b" }, folder), /it is a file/);
    await rejects(load(mnist, { path: "c" }, folder), /\/c: it does not exist/);
  }),
);
