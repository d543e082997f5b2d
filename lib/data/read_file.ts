/** @file Bytes of an image file, or a reason why not. */
import type { FileEnd } from "./contents.ts";
import type { FileStamp } from "./decoded_cache.ts";

/** Larger files are not images that we would decode. */
const MOST_FILE_BYTES = 2 ** 29;

/** Refuses files that are empty or too large to be read. @throws {Error} */
export function checkSize(size: number): void {
  if (size <= MOST_FILE_BYTES) return;
  throw new Error(
    `it has ${size} bytes, expected at most ${MOST_FILE_BYTES}`,
  );
}

/** Milliseconds from which on a read has waited for more than memory. */
const SLOW = 1;
/** Slow ones in a row: one alone may be another process's turn on the core. */
const STRIKES = 2;
/** Reads that go on beside others after them. */
const REST = 256;
let patience = 0;
let strikes = 0;

/**
 * Reads at once, or beside others. What the system has in memory is there
 * sooner than a thread could be asked for it, at a fifth of the cost; where
 * that is not so, nobody is to be kept waiting.
 */
export async function quickly<T>(
  now: () => T,
  beside: () => Promise<T>,
): Promise<T> {
  if (patience > 0) {
    patience--;
    return await beside();
  }
  const before = performance.now();
  const result = now();
  strikes = performance.now() - before > SLOW ? strikes + 1 : 0;
  if (strikes >= STRIKES) {
    strikes = 0;
    patience = REST;
  }
  return result;
}

const readWhole = (path: string): Promise<Uint8Array> =>
  quickly(() => Deno.readFileSync(path), () => Deno.readFile(path));

const look = (path: string): Promise<Deno.FileInfo> =>
  quickly(() => Deno.statSync(path), () => Deno.stat(path));

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
  const { isFile, size } = await look(path).catch((error) => {
    throw badName(path) ?? error;
  });
  if (!isFile) throw new Error("it is not a file");
  checkSize(size);
  if (size <= most) return whole(await readWhole(path));
  using file = await Deno.open(path);
  return whole(await readFully(file, most));
}

/** Size and time of a file. @throws {Error} When it cannot be looked at. */
export async function stampFile(path: string): Promise<FileStamp> {
  const { size, mtime } = await look(path).catch((error) => {
    throw badName(path) ?? error;
  });
  return { size, time: mtime?.getTime() ?? 0 };
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

/** {@linkcode readFully}, at once. */
export function readFullyNow(file: Deno.FsFile, length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  let at = 0;
  while (at < length) {
    const count = file.readSync(bytes.subarray(at));
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
