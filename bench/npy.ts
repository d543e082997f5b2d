/** @file NumPy's `.npy` files (format 1.0), as far as the comparisons need them. */
import { type DType, hostArray, type TensorData } from "../lib/ir/dtype.ts";

const MAGIC = [0x93, ..."NUMPY".split("").map((c) => c.charCodeAt(0)), 1, 0];
const PREAMBLE = MAGIC.length + 2;

/** Names of the element types in a header. */
const DESCR: Partial<Record<DType, string>> = { float32: "<f4", uint8: "|u1" };

/** Bytes of a float32 or uint8 tensor as a `.npy` file. */
export function encodeNpy({ dtype, shape, data }: TensorData): Uint8Array {
  const descr = DESCR[dtype];
  if (!descr) throw new TypeError(`Cannot write ${dtype} to .npy`);
  // A tuple of one has a comma of its own: (3,).
  const tuple = `(${shape.map((side) => `${side},`).join("")})`;
  const header =
    `{'descr': '${descr}', 'fortran_order': False, 'shape': ${tuple}, }`;
  // The data starts at a multiple of 64.
  const length = Math.ceil((PREAMBLE + header.length + 1) / 64) * 64 - PREAMBLE;
  const text = new TextEncoder().encode(`${header.padEnd(length - 1)}\n`);
  const values = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  const file = new Uint8Array(PREAMBLE + length + values.length);
  file.set([...MAGIC, length & 0xff, length >> 8]);
  file.set(text, PREAMBLE);
  file.set(values, PREAMBLE + length);
  return file;
}

interface Parts {
  readonly shape: number[];
  readonly body: Uint8Array;
}

/** Takes a row-major file of one element type apart. */
function partsOf(file: Uint8Array, dtype: DType): Parts {
  const length = (file[PREAMBLE - 2] ?? 0) + 256 * (file[PREAMBLE - 1] ?? 0);
  const start = PREAMBLE + length;
  const header = new TextDecoder().decode(file.subarray(PREAMBLE, start));
  const descr = `'${DESCR[dtype]}'`;
  if (!header.includes(descr) || !header.includes("order': False")) {
    throw new TypeError(`Cannot read this .npy file: ${header.trim()}`);
  }
  const tuple = header.match(/'shape': \(([^)]*)\)/)?.[1] ?? "";
  const shape = tuple.split(",").map((side) => side.trim())
    .filter((side) => side !== "").map(Number);
  return { shape, body: file.subarray(start) };
}

/**
 * The tensor in a `.npy` file of little-endian float32.
 *
 * @throws {TypeError} For any other element type, or column-major order.
 */
export function decodeNpy(file: Uint8Array): TensorData {
  const { shape, body } = partsOf(file, "float32");
  const data = hostArray("float32", body.slice().buffer);
  return { dtype: "float32", shape, data };
}

/** The same of uint8; the bytes are the file's own, not copied. */
export function decodeBytes(
  file: Uint8Array,
): { readonly shape: readonly number[]; readonly data: Uint8Array } {
  const { shape, body } = partsOf(file, "uint8");
  return { shape, data: body };
}
