/** @file The files of CIFAR-10, as they come: from its archives or unpacked. */
import { join } from "node:path";
import { UserError } from "../errors.ts";
import { readRegularFile } from "../regular_file.ts";
import { members } from "./archive.ts";
import { type Place, reasonOf } from "./place.ts";

/** Batches of training images, in order. */
export const TRAIN_BATCHES = [1, 2, 3, 4, 5].map((n) => `data_batch_${n}`);
/** The batch of test images. */
export const TEST_BATCH = "test_batch";
/** Names of the classes. */
export const META = "batches.meta";

/** A batch has 30.7 MB. */
const MOST_BYTES = 2 ** 27;

const NAMES: readonly string[] = [...TRAIN_BATCHES, TEST_BATCH, META];
/** What the two archives unpack to. */
const FOLDERS = ["cifar-10-batches-bin", "cifar-10-batches-py"] as const;

/** `data_batch_1` for `cifar-10-batches-bin/data_batch_1.bin`. */
function plainName(path: string): string | undefined {
  const name = path.slice(path.lastIndexOf("/") + 1).replace(
    /\.(bin|txt)$/,
    "",
  );
  return NAMES.includes(name) ? name : undefined;
}

async function fromFolder(path: string): Promise<Map<string, Uint8Array>> {
  const files = new Map<string, Uint8Array>();
  for (const below of ["", ...FOLDERS]) {
    const folder = join(path, below);
    const entries = await Array.fromAsync(Deno.readDir(folder))
      .catch((error: unknown) => {
        if (below) return [];
        throw error;
      });
    for (const entry of entries) {
      const name = plainName(entry.name);
      if (name === undefined || entry.isDirectory) continue;
      files.set(
        name,
        await readRegularFile(join(folder, entry.name), MOST_BYTES),
      );
    }
    if (files.size > 0) break;
  }
  return files;
}

async function fromArchive(
  path: string,
  cure: string | undefined,
): Promise<Map<string, Uint8Array>> {
  const files = new Map<string, Uint8Array>();
  for await (const member of members(path, "CIFAR-10", cure)) {
    const name = plainName(member.name);
    if (name === undefined || member.type !== "file") continue;
    files.set(name, await member.read());
  }
  return files;
}

/**
 * Bytes of every file of the data set, by plain name. Members of an archive
 * with other names are not read.
 *
 * @param cure What to do about a broken archive, for messages.
 * @throws {UserError} When it cannot be read, or files are missing.
 */
export async function cifarFiles(
  { path, isFolder }: Place,
  cure?: string,
): Promise<ReadonlyMap<string, Uint8Array>> {
  const files = isFolder
    ? await fromFolder(path).catch((error: unknown) => {
      throw new UserError(
        `Cannot read CIFAR-10 from ${path}: ${reasonOf(error)}.`,
      );
    })
    : await fromArchive(path, cure);
  const missing = NAMES.filter((name) => !files.has(name));
  if (missing.length === 0) return files;
  throw new UserError(
    `Cannot read CIFAR-10 from ${path}: ${
      missing.join(", ")
    } missing, expected the binary or the python version of CIFAR-10, as an archive or unpacked.\n${
      cure ?? 'Check "path" under "data"; without it the data is downloaded.'
    }`,
  );
}
