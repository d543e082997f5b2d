/** @file Bytes of an image file, or a reason why not. */
import type { FileEnd } from "./contents.ts";

/** Larger files are not images that we would decode. */
const MOST_FILE_BYTES = 2 ** 29;

/** Refuses files that are empty or too large to be read. @throws {Error} */
export function checkSize(size: number): void {
  if (size <= MOST_FILE_BYTES) return;
  throw new Error(
    `it has ${size} bytes, expected at most ${MOST_FILE_BYTES}`,
  );
}

/**
 * Reads a file, or its beginning.
 *
 * @param most Bytes to read; all, by default.
 * @throws {Error} When it is none, is empty, too large or cannot be read.
 */
export async function readFile(
  path: string,
  most = Number.POSITIVE_INFINITY,
): Promise<Uint8Array> {
  // Opening a pipe would wait for someone to write to it.
  const { isFile, size } = await Deno.stat(path).catch((error) => {
    throw badName(path) ?? error;
  });
  if (!isFile) throw new Error("it is not a file");
  checkSize(size);
  if (size <= most) return whole(await Deno.readFile(path));
  using file = await Deno.open(path);
  return whole(await readFully(file, most));
}

/** Reads the last bytes of a file. */
export async function readFileEnd(
  path: string,
  most: number,
): Promise<FileEnd> {
  using file = await Deno.open(path);
  const { size } = await file.stat();
  const length = Math.min(size, most);
  await file.seek(size - length, Deno.SeekMode.Start);
  return { size, bytes: await readFully(file, length) };
}

/** Reads so many bytes, or up to the end. */
export async function readFully(
  file: Pick<Deno.FsFile, "read">,
  length: number,
): Promise<Uint8Array> {
  const bytes = new Uint8Array(length);
  let at = 0;
  while (at < length) {
    const count = await file.read(bytes.subarray(at));
    if (count === null) break;
    at += count;
  }
  return bytes.subarray(0, at);
}

/** Why a path cannot be opened that was listed: names in other encodings have lost some of their bytes. */
export const badName = (path: string): Error | undefined =>
  path.includes("\ufffd")
    ? new Error(
      "its name is no UTF-8 text, so it cannot be opened: rename it (such as with convmv)",
    )
    : undefined;

function whole(bytes: Uint8Array): Uint8Array {
  if (bytes.length === 0) throw new Error("the file is empty");
  return bytes;
}
