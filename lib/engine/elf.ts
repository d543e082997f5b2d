/** @file Whether a shared library is all there. */

const HEADER_BYTES = 64;
/** 0x7f "ELF", 64 bits, little endian: every machine that we have wheels for. */
const MAGIC = [0x7f, 0x45, 0x4c, 0x46, 2, 1];

/**
 * Whether a library has all the bytes that its header tells of. One that was cut
 * off is mapped all the same, and ends the process where a page is missing.
 */
export async function isWhole(path: string): Promise<boolean> {
  if (Deno.build.os !== "linux") return true;
  const { isFile, size } = await Deno.stat(path);
  if (!isFile || size < HEADER_BYTES) return false;
  using file = await Deno.open(path);
  const bytes = new Uint8Array(HEADER_BYTES);
  if (await file.read(bytes) !== HEADER_BYTES) return false;
  if (MAGIC.some((byte, i) => bytes[i] !== byte)) return false;
  const view = new DataView(bytes.buffer);
  // Where the section headers begin, the size of one, their number: they come last.
  const end = Number(view.getBigUint64(40, true)) +
    view.getUint16(58, true) * view.getUint16(60, true);
  return size >= end;
}
