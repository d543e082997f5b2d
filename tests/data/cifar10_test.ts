import assert from "@std/assert";
import { createHash } from "node:crypto";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { cifar10 } from "../../lib/data/cifar10.ts";
import type { ImageSet } from "../../lib/data/source.ts";
import {
  batch,
  type BatchFixture,
  binaryBatch,
  expectedPixels,
  HOSTILE,
  pickledBatch,
  pickledMeta,
  type Writer,
} from "./cifar10_fixture.ts";
import {
  type HeldData,
  load,
  rejects,
  tarGzOf,
  tarOf,
  withFolder,
  write,
} from "./fixtures.ts";

type Files = Record<string, Uint8Array>;

const CLASSES = ["airplane", "cat", "dog"];
const TRAIN = [1, 2, 3, 4, 5].map((n) => batch(n, [n % 3, 2]));
const TEST = batch(9, [1, 0, 2]);

function binaryFiles(folder = "cifar-10-batches-bin/"): Files {
  return {
    [`${folder}batches.meta.txt`]: new TextEncoder().encode(
      `${CLASSES.join("\n")}\n\n`,
    ),
    ...Object.fromEntries(
      TRAIN.map((one, i) => [
        `${folder}data_batch_${i + 1}.bin`,
        binaryBatch(one),
      ]),
    ),
    [`${folder}test_batch.bin`]: binaryBatch(TEST),
    [`${folder}readme.html`]: new TextEncoder().encode("<html>"),
  };
}

function pythonFiles(writer: Writer, folder = "cifar-10-batches-py/"): Files {
  return {
    [`${folder}batches.meta`]: pickledMeta(CLASSES, writer),
    ...Object.fromEntries(
      TRAIN.map((one, i) => [
        `${folder}data_batch_${i + 1}`,
        pickledBatch(one, writer),
      ]),
    ),
    [`${folder}test_batch`]: pickledBatch(TEST, writer),
  };
}

function assertSplit(
  split: ImageSet,
  batches: readonly BatchFixture[],
): void {
  const labels = batches.flatMap(({ labels }) => labels);
  assert.equal(split.count, labels.length);
  assert.deepEqual([...split.labels ?? []], labels);
  assert.deepEqual(split.classes, CLASSES);
  const pixels = batches.flatMap((one) =>
    one.labels.map((_, i) => expectedPixels(one, i))
  );
  pixels.forEach((expected, i) =>
    assert.deepEqual(split.pixels.subarray(i * 3072, (i + 1) * 3072), expected)
  );
}

function assertData({ train, test, skipped }: HeldData): void {
  assertSplit(train, TRAIN);
  assertSplit(test as ImageSet, [TEST]);
  assert.deepEqual(skipped, []);
}

const VERSIONS: Readonly<Record<string, () => Files>> = {
  "the binary version": () => binaryFiles(),
  "the python version": () => pythonFiles("python2"),
  "the python version, written again by Python 3": () => pythonFiles("python3"),
};

for (const [version, files] of Object.entries(VERSIONS)) {
  Deno.test(
    `CIFAR-10 is read from the archive of ${version}, whatever its name`,
    withFolder(async (folder) => {
      await write(folder, { "some file": await tarGzOf(files()) });
      assertData(await load(cifar10, { path: "some file" }, folder));
    }),
  );

  Deno.test(
    `CIFAR-10 is read from the unpacked folder of ${version} and from the one above`,
    withFolder(async (folder) => {
      await write(join(folder, "above"), files());
      assertData(await load(cifar10, { path: "above" }, folder));
      const [first = ""] = Object.keys(files());
      const inner = join("above", first.split("/")[0] ?? "");
      assertData(await load(cifar10, { path: inner }, folder));
    }),
  );
}

Deno.test(
  "CIFAR-10 is downloaded, verified, and the second time read from the cache",
  withFolder(async (folder) => {
    const archive = await tarGzOf(binaryFiles());
    let requests = 0;
    await using server = Deno.serve(
      { port: 0, hostname: "127.0.0.1", onListen: () => {} },
      () => {
        requests++;
        return new Response(archive as Uint8Array<ArrayBuffer>);
      },
    );
    const options = {
      url: `http://127.0.0.1:${server.addr.port}/cifar.tar.gz`,
      md5: createHash("md5").update(archive).digest("hex").toUpperCase(),
    };
    assertData(await load(cifar10, options, folder));
    assertData(await load(cifar10, options, folder));
    assert.equal(requests, 1);
    await rejects(
      load(cifar10, { ...options, md5: "0".repeat(32) }, folder),
      /Cannot download CIFAR-10 from http:.*expected 0000/,
    );
  }),
);

Deno.test("The options of CIFAR-10 are checked before anything is loaded", () => {
  const wrong = [{ url: "ftp://a/b" }, { md5: "abc" }, { path: "" }, { x: 1 }];
  for (const options of wrong) {
    assert.equal(cifar10.options.safeParse(options).success, false);
  }
  const whole = cifar10.options.parse({}) as Record<string, unknown>;
  assert.equal(whole["md5"], "c32a1d4ab5d03f1284b67883e8d87530");
  assert.deepEqual(cifar10.options.parse(whole), whole);
});

/** What may be wrong with an archive, and what the user is told. */
const BROKEN: Readonly<
  Record<string, readonly [() => Uint8Array | Promise<Uint8Array>, RegExp]>
> = {
  "that is cut off": [
    async () => (await tarGzOf(binaryFiles())).slice(0, -2000),
    /truncated or damaged/,
  ],
  "that is cut off without compression": [
    async () =>
      (await tarOf([{ name: "x", bytes: new Uint8Array(5000) }]))
        .slice(0, 3000),
    /truncated or damaged/,
  ],
  "with a flipped bit": [
    async () => {
      const bytes = await tarGzOf(binaryFiles());
      assert.ok(bytes.length > 20_000);
      bytes[10_000] = (bytes[10_000] ?? 0) ^ 1;
      return bytes;
    },
    /truncated or damaged/,
  ],
  "that is empty": [() => new Uint8Array(), /the file is empty/],
  "that is a web page": [
    () => new TextEncoder().encode("<html>".repeat(500)),
    /the file is a web page/,
  ],
  "that is none": [() => new Uint8Array(3000).fill(7), /the file is not one/],
  "without a batch": [
    () => {
      const { "data_batch_3.bin": _, ...files } = binaryFiles("");
      return tarGzOf(files);
    },
    /data_batch_3 missing/,
  ],
  "of something else": [
    () => tarGzOf({ "a.txt": new Uint8Array(3) }),
    /data_batch_1, .*batches\.meta missing, expected the binary or the python/,
  ],
  "with records of another size": [
    () =>
      tarGzOf({ ...binaryFiles(""), "test_batch.bin": new Uint8Array(3074) }),
    /test_batch of CIFAR-10 .* 3074 bytes, expected records of 3073/,
  ],
  "with an empty batch": [
    () => tarGzOf({ ...binaryFiles(""), "test_batch.bin": new Uint8Array() }),
    /test_batch of CIFAR-10 .* 0 bytes/,
  ],
  "with a batch that lost records": [
    () =>
      tarGzOf({
        ...binaryFiles(""),
        "data_batch_2.bin": binaryBatch(batch(2, [1])),
      }),
    /have 2, 1, 2, 2, 2 images/,
  ],
  "with a label of no class": [
    () =>
      tarGzOf({
        ...binaryFiles(""),
        "test_batch.bin": binaryBatch(batch(2, [1, 3])),
      }),
    /a label 3, expected 0\.\.2/,
  ],
  "with a pickle of another type": [
    () =>
      tarGzOf({
        ...pythonFiles("python2", ""),
        "test_batch": pickledBatch(TEST, "python2", "f4"),
      }),
    /test_batch .* f4 of shape \[3,3072\]/,
  ],
  "with half a pickle": [
    () =>
      tarGzOf({
        ...pythonFiles("python2", ""),
        "test_batch": pickledBatch(TEST).slice(0, 4000),
      }),
    /test_batch .*end of file/,
  ],
  "with a pickle that calls a program": [
    () => tarGzOf({ ...pythonFiles("python2", ""), "test_batch": HOSTILE }),
    /test_batch .* calls posix\.system/,
  ],
};

for (const [what, [make, pattern]] of Object.entries(BROKEN)) {
  Deno.test(
    `CIFAR-10 from an archive ${what} is refused with the reason`,
    withFolder(async (folder) => {
      await write(folder, { "cifar.tar.gz": await make() });
      await rejects(
        load(cifar10, { path: "cifar.tar.gz" }, folder),
        pattern,
        /cifar\.tar\.gz/,
      );
    }),
  );
}

Deno.test(
  "CIFAR-10 from nowhere names the place",
  withFolder(async (folder) => {
    await rejects(
      load(cifar10, { path: "none" }, folder),
      /none: it does not exist/,
      /starts at/,
    );
  }),
);

Deno.test(
  "A broken archive in the cache is named, to be deleted",
  withFolder(async (folder) => {
    const broken = gzipSync(new Uint8Array(3000).fill(7));
    await using server = Deno.serve(
      { port: 0, hostname: "127.0.0.1", onListen: () => {} },
      () => new Response(broken),
    );
    const options = {
      url: `http://127.0.0.1:${server.addr.port}/cifar.tar.gz`,
      md5: createHash("md5").update(broken).digest("hex"),
    };
    await rejects(load(cifar10, options, folder), /Delete .*cifar10-/);
  }),
);
