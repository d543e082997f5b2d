/**
 * @file Features as a NumPy array, `float32 [rows, width]`
 * (https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html).
 */
import { writeNames } from "./csv.ts";
import type { TableFormat } from "./table.ts";

const MAGIC = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0];
const ALIGNMENT = 64;

function header(count: number, width: number): Uint8Array {
  const text =
    `{'descr': '<f4', 'fortran_order': False, 'shape': (${count}, ${width}), }`;
  const before = MAGIC.length + 2;
  const whole = Math.ceil((before + text.length + 1) / ALIGNMENT) * ALIGNMENT;
  const bytes = new Uint8Array(whole).fill(0x20);
  bytes.set(MAGIC);
  new DataView(bytes.buffer).setUint16(MAGIC.length, whole - before, true);
  bytes.set(new TextEncoder().encode(text), before);
  bytes[whole - 1] = 0x0a;
  return bytes;
}

/** A NumPy array; files and labels stand in a table beside it. */
export const npy: TableFormat = {
  ending: ".npy",
  async write({ count, width, chunks }, write) {
    await write(header(count, width));
    for await (const { values } of chunks()) {
      await write(
        new Uint8Array(values.buffer, values.byteOffset, values.byteLength),
      );
    }
  },
  beside: (path) => path.replace(/\.npy$/i, ".names.csv"),
  writeBeside: writeNames,
};
