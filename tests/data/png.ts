/** @file PNG files by hand: kinds and faults that no encoder writes. */
import { deflateSync } from "node:zlib";

const TABLE = Uint32Array.from({ length: 256 }, (_, n) => {
  let c = n;
  for (let k = 0; k < 8; k++) c = c & 1 ? 0xedb88320 ^ (c >>> 1) : c >>> 1;
  return c;
});

function crc32(bytes: Uint8Array): number {
  let c = 0xffffffff;
  for (const byte of bytes) c = TABLE[(c ^ byte) & 255]! ^ (c >>> 8);
  return (c ^ 0xffffffff) >>> 0;
}

/** Bytes of texts, of numbers of 32 bits and of byte arrays, in a row. */
export function bytesOf(
  ...parts: readonly (string | number | Uint8Array)[]
): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(parts.flatMap((part) => {
    if (typeof part === "string") {
      return Array.from(part, (char) => char.charCodeAt(0));
    }
    if (typeof part !== "number") return [...part];
    return [24, 16, 8, 0].map((shift) => (part >>> shift) & 255);
  }));
}

/** One chunk, with its length and checksum. */
export function chunk(type: string, data: Uint8Array): Uint8Array {
  const body = bytesOf(type, data);
  return bytesOf(data.length, body, crc32(body));
}

/** What a PNG is made of. */
export interface Png {
  readonly width: number;
  readonly height: number;
  /** Bits of a sample. */
  readonly depth: 1 | 2 | 4 | 8 | 16;
  /** 0 gray, 2 RGB, 3 palette, 4 gray with alpha, 6 RGBA. */
  readonly color: 0 | 2 | 3 | 4 | 6;
  /** Rows of bytes, without their filter byte. */
  readonly rows: readonly Uint8Array[];
  /** Chunks between the header and the data. */
  readonly extra?: readonly Uint8Array[];
  /** Chunks after the data. */
  readonly after?: readonly Uint8Array[];
}

/** A PNG. */
export function png(
  { width, height, depth, color, rows, extra = [], after = [] }: Png,
): Uint8Array<ArrayBuffer> {
  const data = deflateSync(
    bytesOf(...rows.flatMap((row) => [Uint8Array.of(0), row])),
  );
  return bytesOf(
    Uint8Array.of(137, 80, 78, 71, 13, 10, 26, 10),
    chunk(
      "IHDR",
      bytesOf(width, height, Uint8Array.of(depth, color, 0, 0, 0)),
    ),
    ...extra,
    chunk("IDAT", new Uint8Array(data)),
    ...after,
    chunk("IEND", new Uint8Array()),
  );
}
