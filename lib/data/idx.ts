/** @file The IDX format of MNIST. */
import { promisify } from "node:util";
import { gunzip } from "node:zlib";
import { counted } from "../counted.ts";

/** Larger than any data set in this format. */
const MOST_BYTES = 2 ** 30;

/** An array of bytes. */
export interface IdxArray {
  /** Row-major. */
  readonly shape: readonly number[];
  readonly data: Uint8Array;
}

async function plain(bytes: Uint8Array): Promise<Uint8Array> {
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) return bytes;
  try {
    return await promisify(gunzip)(bytes, { maxOutputLength: MOST_BYTES });
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new Error(`it is truncated or damaged (${reason})`);
  }
}

const hex = (number: number): string =>
  `0x${number.toString(16).padStart(8, "0")}`;

/**
 * Reads an array of bytes, plain or compressed by gzip.
 *
 * @param rank Number of its dimensions: 3 for images, 1 for labels.
 * @throws {Error} Without a place, when it is not a whole one.
 */
export async function readIdx(
  bytes: Uint8Array,
  rank: number,
): Promise<IdxArray> {
  const file = await plain(bytes);
  const header = 4 + 4 * rank;
  if (file.length < header) {
    throw new Error(
      `it has ${file.length} bytes, expected a header of ${header} bytes at least`,
    );
  }
  const view = new DataView(file.buffer, file.byteOffset, file.length);
  const magic = view.getUint32(0);
  // Two zeros, type 8 (unsigned bytes), number of dimensions.
  const expected = 0x0800 | rank;
  if (magic !== expected) {
    throw new Error(
      `it begins with ${hex(magic)}, expected ${
        hex(expected)
      } (IDX, unsigned bytes, ${counted(rank, "dimension")})`,
    );
  }
  const shape = Array.from(
    { length: rank },
    (_, i) => view.getUint32(4 + 4 * i),
  );
  const size = shape.reduce((product, length) => product * length, 1);
  const data = file.subarray(header);
  if (data.length !== size) {
    throw new Error(
      `it ${
        data.length < size ? "is truncated: it " : ""
      }has ${data.length} bytes after its header, expected ${size} (${
        shape.join("x")
      })`,
    );
  }
  return { shape, data };
}
