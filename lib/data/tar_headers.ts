/** @file Headers of a plain tar archive, read without what lies between them (POSIX ustar and pax, GNU long names). */

/** A file in an archive. */
export interface TarMember {
  readonly name: string;
  readonly size: number;
  /** Where its bytes begin. */
  readonly offset: number;
}

const BLOCK = 512;
/** A longer name or pax header is none. */
const MOST_EXTRA = 2 ** 20;
const text = (bytes: Uint8Array): string => {
  const end = bytes.indexOf(0);
  return new TextDecoder().decode(end < 0 ? bytes : bytes.subarray(0, end));
};

/** A number of a header: octal digits, or bytes where the first bit is set. */
function numberOf(bytes: Uint8Array): number {
  if ((bytes[0] ?? 0) & 0x80) {
    return bytes.subarray(1).reduce((sum, byte) => sum * 256 + byte, 0);
  }
  const digits = text(bytes).trim();
  return digits === "" ? 0 : parseInt(digits, 8);
}

function checksumHolds(header: Uint8Array): boolean {
  let sum = 0;
  for (let i = 0; i < BLOCK; i++) {
    sum += i >= 148 && i < 156 ? 32 : header[i] as number;
  }
  return sum === numberOf(header.subarray(148, 156));
}

/** Values of a pax header that name or measure the next member. */
function paxOf(bytes: Uint8Array): { path?: string; size?: number } {
  const found: { path?: string; size?: number } = {};
  for (const line of new TextDecoder().decode(bytes).split("\n")) {
    const [, key, value = ""] = /^\d+ ([^=]+)=(.*)$/.exec(line) ?? [];
    if (key === "path") found.path = value;
    if (key === "size") found.size = Number(value);
  }
  return found;
}

/** Fills a buffer from a place of a file; fewer bytes where it ends. */
function readAt(file: Deno.FsFile, at: number, length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  file.seekSync(at, Deno.SeekMode.Start);
  let done = 0;
  while (done < length) {
    const count = file.readSync(bytes.subarray(done));
    if (count === null) break;
    done += count;
  }
  return bytes.subarray(0, done);
}

/**
 * Files of an archive, in order.
 *
 * @throws {Error} When it is damaged or cut off, or no plain tar archive.
 */
export function* tarMembers(file: Deno.FsFile): Generator<TarMember> {
  const { size: whole } = file.statSync();
  if (whole === 0) throw new Error("the file is empty");
  let next: { path?: string; size?: number } = {};
  let at = 0;
  while (at < whole) {
    const header = readAt(file, at, BLOCK);
    if (at === 0 && header[0] === 0x1f && header[1] === 0x8b) {
      throw new Error("it is compressed, so no part of it can be read alone");
    }
    if (header.length < BLOCK) throw new Error("it is cut off");
    if (header.every((byte) => byte === 0)) return;
    if (!checksumHolds(header)) {
      throw new Error(
        at === 0
          ? "it is no plain tar archive"
          : `its header at byte ${at} is damaged`,
      );
    }
    const size = next.size ?? numberOf(header.subarray(124, 136));
    const offset = at + BLOCK;
    if (offset + size > whole) throw new Error("it is cut off");
    const kind = String.fromCharCode(header[156] ?? 0);
    at = offset + Math.ceil(size / BLOCK) * BLOCK;
    if (kind === "x" || kind === "L") {
      if (size > MOST_EXTRA) throw new Error("it has a name without end");
      const bytes = readAt(file, offset, size);
      next = {
        ...next,
        ...kind === "x" ? paxOf(bytes) : { path: text(bytes) },
      };
      continue;
    }
    if (kind === "g") continue;
    const prefix = text(header.subarray(257, 262)) === "ustar" &&
        header[262] === 0
      ? text(header.subarray(345, 500))
      : "";
    const short = text(header.subarray(0, 100));
    const name = next.path ?? (prefix ? `${prefix}/${short}` : short);
    next = {};
    if (kind === "0" || kind === "\0" || kind === "7") {
      yield { name, size, offset };
    }
  }
  throw new Error("it is cut off");
}

/** Bytes of a member. @throws {Error} When the archive ends before. */
export function readMemberAt(
  file: Deno.FsFile,
  { offset, size }: Pick<TarMember, "offset" | "size">,
  most = Number.POSITIVE_INFINITY,
): Uint8Array {
  const length = Math.min(size, most);
  const bytes = readAt(file, offset, length);
  if (bytes.length < length) throw new Error("the archive was cut off");
  return bytes;
}
