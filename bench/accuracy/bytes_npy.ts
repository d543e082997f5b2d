/** @file Bytes as NumPy's `.npy` file (format 1.0). */

const MAGIC = [0x93, ..."NUMPY".split("").map((c) => c.charCodeAt(0)), 1, 0];
/** Magic and the length of the header. */
const PREAMBLE = MAGIC.length + 2;

/** A `.npy` file of uint8. */
export function encodeBytes(
  shape: readonly number[],
  bytes: Uint8Array,
): Uint8Array {
  // A tuple of one has a comma of its own: (3,).
  const tuple = `(${shape.map((side) => `${side},`).join("")})`;
  const header =
    `{'descr': '|u1', 'fortran_order': False, 'shape': ${tuple}, }`;
  // The data starts at a multiple of 64.
  const length = Math.ceil((PREAMBLE + header.length + 1) / 64) * 64 - PREAMBLE;
  const file = new Uint8Array(PREAMBLE + length + bytes.length);
  file.set([...MAGIC, length & 0xff, length >> 8]);
  file.set(
    new TextEncoder().encode(`${header.padEnd(length - 1)}\n`),
    PREAMBLE,
  );
  file.set(bytes, PREAMBLE + length);
  return file;
}
