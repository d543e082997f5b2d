/** @file Files that never end, or claim to hold more than they do, are refused at once. */
import assert from "@std/assert";
import { Buffer } from "node:buffer";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { pack } from "tar-stream";
import { readPickledNames } from "../../lib/data/cifar10_pickle.ts";
import { SOURCES } from "../../lib/data/sources.ts";
import { UserError } from "../../lib/errors.ts";
import { checkPipeline } from "../../lib/pipeline/load.ts";
import { withFolder } from "./fixtures.ts";

/** Loads a source with these options. */
function load(
  name: string,
  options: Readonly<Record<string, unknown>>,
  baseDir: string,
): Promise<unknown> {
  const source = SOURCES.find((one) => one.name === name);
  if (!source) throw new Error(`no source ${name}`);
  return source.load(source.options.parse(options), {
    baseDir,
    cacheDir: baseDir,
  });
}

/** Refuses within a few seconds. */
async function refused(work: Promise<unknown>, reason: RegExp): Promise<void> {
  const before = performance.now();
  await assert.rejects(work, (error: unknown) => {
    if (!(error instanceof UserError)) throw error;
    assert.match(error.message, reason);
    return true;
  });
  assert.ok(performance.now() - before < 20_000);
}

/** A pipe that nobody writes to, and a device that never ends. */
async function endless(folder: string, name: string): Promise<string[]> {
  const [pipe, device] = [join(folder, `pipe-${name}`), join(folder, name)];
  await new Deno.Command("mkfifo", { args: [pipe] }).output();
  await Deno.symlink("/dev/zero", device);
  return [pipe, device];
}

const onLinux = { ignore: Deno.build.os !== "linux" };

Deno.test(
  "A pipe or a device in the place of data is refused, whatever the source",
  onLinux,
  withFolder(async (folder) => {
    for (const name of ["mnist", "cifar10", "folder", "tar"]) {
      for (const path of await endless(folder, name)) {
        await refused(
          load(name, {
            path,
            ...name === "folder" || name === "tar" ? { size: 8 } : {},
          }, folder),
          /it is no file and no folder/,
        );
      }
    }
  }),
);

Deno.test(
  "A pipe or a device among the files of a data set is refused",
  onLinux,
  withFolder(async (folder) => {
    await Deno.symlink("/dev/zero", join(folder, "train-images-idx3-ubyte"));
    await refused(load("mnist", { path: folder }, folder), /it is not a file/);
    await new Deno.Command("mkfifo", {
      args: [join(folder, "data_batch_1.bin")],
    }).output();
    await refused(
      load("cifar10", { path: folder }, folder),
      /it is not a file/,
    );
  }),
);

Deno.test(
  "A pipe or a device in the place of a pipeline or its base is refused",
  onLinux,
  withFolder(async (folder) => {
    for (const path of await endless(folder, "p.yaml")) {
      await refused(checkPipeline(path), /it is not a file/);
    }
    const file = join(folder, "own.yaml");
    await Deno.writeTextFile(file, "extends: ./p.yaml\n");
    const { text } = await checkPipeline(file);
    assert.match(text, /Cannot extend ".\/p\.yaml": it is not a file/);
  }),
);

Deno.test(
  "An archive that unpacks to far more than an archive of images is refused",
  withFolder(async (folder) => {
    const archive = pack();
    const zeros = Buffer.alloc(1 << 24);
    for (let i = 0; i < 24; i++) archive.entry({ name: `a/${i}.jpg` }, zeros);
    archive.finalize();
    const parts: Uint8Array[] = [];
    for await (const part of archive) parts.push(part as Uint8Array);
    const path = join(folder, "bomb.tar.gz");
    await Deno.writeFile(path, gzipSync(Buffer.concat(parts)));
    assert.ok((await Deno.stat(path)).size < 1 << 20);
    await refused(
      load("tar", { path, size: 8, on_error: "skip" }, folder),
      /it unpacks to more than 50 times its size/,
    );
  }),
);

/** Pickles by their opcodes; each would once have taken all memory, or for ever. */
const PICKLES: Readonly<Record<string, readonly (number | string)[]>> = {
  "bytes of negative length": [0x80, 3, "B", 0xfb, 0xff, 0xff, 0xff, "."],
  // { "label_names": [] with a length of 4294967295 }
  "a list of four thousand million": [
    ...[0x80, 2, "}", "U", 11, "label_names", "]", "}", "U", 6, "length"],
    ...[0x8a, 5, 0xff, 0xff, 0xff, 0xff, 0, "s", "b", "s", "."],
  ],
  // l = []; l = [l, l] thirty times over
  "lists within lists": [
    ...[0x80, 2, "}", "U", 11, "label_names", "(", "]"],
    ...Array.from({ length: 30 }, () => ["2", 0x86]).flat(),
    ...["l", "s", "."],
  ],
};

for (const [what, codes] of Object.entries(PICKLES)) {
  Deno.test(`A pickle with ${what} is refused at once`, () => {
    const bytes = Uint8Array.from(
      codes.flatMap((code) =>
        typeof code === "number" ? [code] : [...new TextEncoder().encode(code)]
      ),
    );
    const before = performance.now();
    assert.throws(
      () => readPickledNames(bytes),
      /it has a length of -|attributes to a list|is no text/,
    );
    assert.ok(performance.now() - before < 5000);
  });
}
