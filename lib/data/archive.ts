/** @file Tar archives, read member by member; nothing is written to disk. */
import { createReadStream } from "node:fs";
import { Readable } from "node:stream";
import { createGunzip } from "node:zlib";
import { extract } from "tar-stream";
import { UserError } from "../errors.ts";
import { reasonOf } from "./place.ts";

/** A member of an archive, valid until the next one is asked for. */
export interface Member {
  /** As it stands in the archive, which may be hostile. */
  readonly name: string;
  /** `null` where tar knows more kinds than we do. */
  readonly type: string | null;
  /** Bytes. */
  readonly size: number;
  /** Where its bytes begin in the file; absent in a compressed archive. */
  readonly offset?: number;
  /** @throws {UserError} When the archive ends too early. */
  read(): Promise<Uint8Array>;
}

/** A larger member is not an image and not a part of a data set. */
const MOST_BYTES = 2 ** 30;
/** Images are compressed already: what unpacks to far more is no archive of them. */
const MOST_RATIO = 50;
const FREE_BYTES = 2 ** 26;

/** Starts of files that are taken for archives by mistake. */
const OTHER_FORMATS: readonly (readonly [string, string])[] = [
  ["504b0304", "a zip archive"],
  ["425a68", "compressed by bzip2"],
  ["fd377a585a00", "compressed by xz"],
  ["28b52ffd", "compressed by zstd"],
  ["377abcaf271c", "a 7z archive"],
  ["3c", "a web page"],
  ["76657273696f6e", "a pointer of Git LFS (git lfs pull fetches the file)"],
];

const hex = (bytes: Uint8Array): string =>
  Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");

const damage = (error: unknown): string =>
  `it is truncated or damaged (${reasonOf(error)})`;

/** First bytes of a file. */
async function startOf(path: string): Promise<string> {
  using file = await Deno.open(path);
  const bytes = new Uint8Array(8);
  const count = await file.read(bytes);
  return hex(bytes.subarray(0, count ?? 0));
}

/** Passes chunks on; the last of them must end in zeros, as every tar does. */
async function* whole(
  chunks: AsyncIterable<Uint8Array>,
  most: number,
): AsyncGenerator<Uint8Array> {
  let tail = new Uint8Array();
  let bytes = 0;
  for await (const chunk of chunks) {
    bytes += chunk.length;
    if (bytes > most) {
      throw new Error(`it unpacks to more than ${MOST_RATIO} times its size`);
    }
    // What zlib hands out is not ours to keep.
    tail = chunk.length >= 512
      ? chunk.slice(-512)
      : Uint8Array.from([...tail, ...chunk]).slice(-512);
    yield chunk;
  }
  if (tail.length < 512 || tail.some((byte) => byte !== 0)) {
    throw new Error("unexpected end of file");
  }
}

/**
 * The members of a tar archive, plain or compressed by gzip, in order.
 *
 * @param what For messages, such as `CIFAR-10`.
 * @param cure What to do about a broken archive, for messages.
 * @throws {UserError} When it is truncated, damaged or not an archive.
 */
export async function* members(
  path: string,
  what: string,
  cure = "Make or download the archive again.",
): AsyncGenerator<Member> {
  const fail = (reason: string): UserError =>
    new UserError(
      `Cannot read ${what} from ${path}: ${reason}, expected a whole tar archive (.tar or .tar.gz).\n${cure}`,
    );
  let start: string;
  try {
    start = await startOf(path);
  } catch (error) {
    throw fail(reasonOf(error));
  }
  if (start === "") throw fail("the file is empty");
  const other = OTHER_FORMATS.find(([magic]) => start.startsWith(magic));
  if (other) throw fail(`the file is ${other[1]}`);
  const { size: bytes } = await Deno.stat(path);
  const file = createReadStream(path);
  const compressed = start.startsWith("1f8b");
  const plain = compressed ? file.pipe(createGunzip()) : file;
  // Errors do not travel along a pipe.
  file.on("error", (error) => plain.destroy(error));
  // It may fail before somebody reads it, or when nobody does any longer.
  plain.on("error", () => {});
  const tar = extract();
  const source = Readable.from(
    whole(plain, FREE_BYTES + MOST_RATIO * bytes),
  );
  source.on("error", (error) => tar.destroy(error));
  source.pipe(tar as unknown as NodeJS.WritableStream);
  let taken = false;
  try {
    for await (const entry of tar) {
      // The types of tar-stream do not tell of the offset.
      const { name, type, size, byteOffset } = entry.header as
        & typeof entry.header
        & { readonly byteOffset: number };
      let read = false;
      yield {
        name,
        type,
        size,
        ...(compressed ? {} : { offset: byteOffset }),
        async read() {
          if (size > MOST_BYTES) throw fail(`${name} is larger than 1 GiB`);
          read = true;
          const bytes = new Uint8Array(size);
          let at = 0;
          try {
            for await (const chunk of entry as AsyncIterable<Uint8Array>) {
              bytes.set(chunk, at);
              at += chunk.length;
            }
          } catch (error) {
            throw fail(damage(error));
          }
          return bytes;
        },
      };
      taken = true;
      if (!read) entry.resume();
    }
  } catch (error) {
    if (error instanceof UserError) throw error;
    throw fail(
      taken || compressed ? damage(error) : "the file is not one",
    );
  } finally {
    source.destroy();
    plain.destroy();
    file.destroy();
  }
}
