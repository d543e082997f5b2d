/** @file What the tests of data sources share: folders, images, archives. */
import assert from "@std/assert";
import { Buffer } from "node:buffer";
import { dirname, join } from "node:path";
import { gzipSync } from "node:zlib";
import sharp from "sharp";
import { pack } from "tar-stream";
import {
  type ImageSet,
  inMemory,
  type LoadContext,
  type LoadedData,
  type LoadProgress,
  type SourceDefinition,
} from "../../lib/data/source.ts";
import { UserError } from "../../lib/errors.ts";

/** Gives a folder of its own to a test, and removes it. */
export function withFolder(
  test: (folder: string) => Promise<void>,
): () => Promise<void> {
  return async () => {
    const folder = await Deno.makeTempDir({ prefix: "stopgrad-test-" });
    try {
      await test(folder);
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  };
}

/** Data that is held in memory. */
export interface HeldData extends LoadedData {
  readonly train: ImageSet;
  readonly test?: ImageSet;
}

/** Loads into memory as a pipeline would, with `folder` as its own folder. */
export async function load(
  source: SourceDefinition,
  options: Record<string, unknown>,
  folder: string,
  onProgress: (progress: LoadProgress) => void = () => {},
): Promise<HeldData> {
  const context: LoadContext = {
    baseDir: folder,
    cacheDir: join(folder, "cache"),
    onProgress,
  };
  const { train, test, skipped, remarks } = await source.load(
    source.options.parse(options),
    context,
  );
  return {
    train: inMemory(train),
    ...(test ? { test: inMemory(test) } : {}),
    skipped,
    ...(remarks ? { remarks } : {}),
  };
}

/** Asserts that the user is told, in words that match every pattern. */
export async function rejects(
  work: Promise<unknown>,
  ...patterns: readonly RegExp[]
): Promise<void> {
  const error = await work.then(
    () => assert.fail("expected a UserError, but it went well"),
    (error: unknown) => error,
  );
  assert.ok(error instanceof UserError, String(error));
  for (const pattern of patterns) assert.match(error.message, pattern);
}

/** Writes files by path, with their folders. */
export async function write(
  folder: string,
  files: Readonly<Record<string, Uint8Array>>,
): Promise<void> {
  for (const [name, bytes] of Object.entries(files)) {
    const path = join(folder, name);
    await Deno.mkdir(dirname(path), { recursive: true });
    await Deno.writeFile(path, bytes);
  }
}

/** An image of one colour; by default a PNG of 8x8. */
export async function image(
  [r, g, b]: readonly [number, number, number],
  format: "png" | "jpeg" | "webp" | "tiff" | "gif" | "avif" = "png",
  width = 8,
  height = 8,
): Promise<Uint8Array> {
  const background = { r, g, b };
  return new Uint8Array(
    await sharp({ create: { width, height, channels: 3, background } })
      .toFormat(format).toBuffer(),
  );
}

/** A member of an archive: a file, or another kind with a target. */
export interface TarEntry {
  readonly name: string;
  readonly bytes?: Uint8Array;
  readonly link?: { readonly type: "link" | "symlink"; readonly to: string };
}

/** A tar archive. */
export async function tarOf(
  entries: readonly TarEntry[],
): Promise<Uint8Array> {
  const archive = pack();
  const chunks: Uint8Array[] = [];
  archive.on("data", (chunk) => chunks.push(chunk as Uint8Array));
  const end = new Promise<void>((resolve) => archive.on("end", resolve));
  for (const { name, bytes, link } of entries) {
    if (link) archive.entry({ name, type: link.type, linkname: link.to });
    else if (bytes) archive.entry({ name }, Buffer.from(bytes));
    else archive.entry({ name, type: "directory" });
  }
  archive.finalize();
  await end;
  return new Uint8Array(Buffer.concat(chunks));
}

/** A tar archive of files, compressed by gzip. */
export async function tarGzOf(
  files: Readonly<Record<string, Uint8Array>>,
): Promise<Uint8Array> {
  const entries = Object.entries(files).map(([name, bytes]) => ({
    name,
    bytes,
  }));
  return new Uint8Array(gzipSync(await tarOf(entries)));
}

/** First pixel of every image, as text. */
export function firstPixels(
  { count, height, width, channels, pixels }: ImageSet,
): string[] {
  assert.equal(pixels.length, count * height * width * channels);
  return Array.from({ length: count }, (_, i) => {
    const at = i * height * width * channels;
    return [...pixels.subarray(at, at + channels)].join(",");
  });
}
