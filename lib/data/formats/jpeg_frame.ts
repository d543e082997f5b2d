/** @file Which JPEGs are ordinary, by their headers alone: baseline, upright, gray or YCbCr, without a colour profile. */
import { exifOrientation } from "./jpeg.ts";

/** A Huffman table as a file has it (ITU T.81, B.2.4.2). */
export interface HuffmanTable {
  /** Codes of each length, 1..16. */
  readonly counts: Uint8Array;
  /** What they stand for, in the order of the codes. */
  readonly symbols: Uint8Array;
}

/** A component in the scan. */
export interface ScanComponent {
  /** Blocks of it in a unit of the scan. */
  readonly blocks: number;
  readonly dc: HuffmanTable;
  readonly ac: HuffmanTable;
}

/** An ordinary JPEG, as far as its header tells. */
export interface PlainFrame {
  readonly width: number;
  readonly height: number;
  readonly components: readonly ScanComponent[];
  /** Units of the scan: the least that are coded together. */
  readonly units: number;
  /** Units between restart markers; 0 for none. */
  readonly restart: number;
  /** First byte of the coded pixels. */
  readonly scan: number;
}

interface Parts {
  readonly tables: Map<number, HuffmanTable>;
  readonly quantized: Set<number>;
  frame?: Uint8Array;
  restart: number;
  jfif: boolean;
}

const starts = (bytes: Uint8Array, text: string): boolean => {
  for (let i = 0; i < text.length; i++) {
    if (bytes[i] !== text.charCodeAt(i)) return false;
  }
  return true;
};

const EXIF = "Exif\0\0";
const GAIN_MAP = "hdrgm";

function holds(bytes: Uint8Array, text: string): boolean {
  const first = text.charCodeAt(0);
  for (let at = bytes.indexOf(first); at >= 0;) {
    if (starts(bytes.subarray(at), text)) return true;
    at = bytes.indexOf(first, at + 1);
  }
  return false;
}

function readHuffman(body: Uint8Array, { tables }: Parts): boolean {
  for (let at = 0; at < body.length;) {
    const key = body[at] as number;
    const counts = body.subarray(at + 1, at + 17);
    let total = 0;
    for (const count of counts) total += count;
    const end = at + 17 + total;
    if ((key & 0xec) !== 0 || total > 256 || end > body.length) return false;
    const symbols = body.subarray(at + 17, end);
    // Of a table for differences, symbols are numbers of bits.
    if (key < 0x10 && symbols.some((bits) => bits > 15)) return false;
    tables.set(key, { counts, symbols });
    at = end;
  }
  return true;
}

function readQuantization(body: Uint8Array, { quantized }: Parts): boolean {
  for (let at = 0; at < body.length;) {
    const key = body[at] as number;
    const end = at + 1 + (key & 0x10 ? 128 : 64);
    if ((key & 0xec) !== 0 || end > body.length) return false;
    quantized.add(key & 3);
    at = end;
  }
  return true;
}

/**
 * Takes note of a segment; `false` where it makes the file another than an
 * ordinary one. What is not here does: a colour profile and pages (APP2),
 * progressive and arithmetic frames, and what nobody knows.
 */
const SEGMENTS: Readonly<
  Record<number, (body: Uint8Array, parts: Parts) => boolean>
> = {
  0xc0: (body, parts) => {
    if (parts.frame) return false;
    parts.frame = body;
    return true;
  },
  0xc4: readHuffman,
  0xdb: readQuantization,
  0xdd: (body, parts) => {
    parts.restart = ((body[0] ?? 0) << 8) | (body[1] ?? 0);
    return body.length === 2;
  },
  0xe0: (body, parts) => {
    parts.jfif ||= starts(body, "JFIF\0") && body.length >= 14;
    return !parts.jfif || body[5] === 1;
  },
  // An orientation, or a brighter picture besides, are libvips' to apply.
  0xe1: (body) =>
    starts(body, EXIF)
      ? exifOrientation(body.subarray(EXIF.length)) === 1
      : !holds(body, GAIN_MAP),
  0xed: () => true,
  // Adobe's: the last byte tells the colours, 1 being YCbCr.
  0xee: (body) => !starts(body, "Adobe") || body[11] === 1,
  0xfe: () => true,
};

function readScan(
  scan: Uint8Array,
  from: number,
  { tables, quantized, frame, restart, jfif }: Parts,
): PlainFrame | undefined {
  if (!frame) return undefined;
  const count = frame[5] ?? 0;
  const height = ((frame[1] ?? 0) << 8) | (frame[2] ?? 0);
  const width = ((frame[3] ?? 0) << 8) | (frame[4] ?? 0);
  if (
    frame[0] !== 8 || frame.length !== 6 + 3 * count ||
    (count !== 1 && count !== 3) || width === 0 || height === 0 ||
    scan[0] !== count || scan.length !== 4 + 2 * count ||
    scan[1 + 2 * count] !== 0 || scan[2 + 2 * count] !== 63 ||
    scan[3 + 2 * count] !== 0
  ) return undefined;
  const components: ScanComponent[] = [];
  let most = [1, 1];
  for (let i = 0; i < count; i++) {
    const id = frame[6 + 3 * i] as number;
    const factors = frame[7 + 3 * i] as number;
    const [across, down] = [factors >> 4, factors & 15] as const;
    const table = scan[2 + 2 * i] as number;
    const dc = tables.get(table >> 4);
    const ac = tables.get(0x10 | (table & 15));
    if (
      scan[1 + 2 * i] !== id || !dc || !ac ||
      !quantized.has(frame[8 + 3 * i] as number)
    ) return undefined;
    if (count === 3) {
      // Without JFIF, their names tell which colours they are.
      if (!jfif && id !== i + 1) return undefined;
      if (i === 0) most = [across, down];
      if (i > 0 && factors !== 0x11) return undefined;
    }
    if (across < 1 || across > 2 || down < 1 || down > 2) return undefined;
    components.push({ blocks: count === 1 ? 1 : across * down, dc, ac });
  }
  const [across, down] = most as [number, number];
  return {
    width,
    height,
    components,
    units: Math.ceil(width / (8 * across)) * Math.ceil(height / (8 * down)),
    restart,
    scan: from,
  };
}

const SCAN = 0xda;

/**
 * The frame of an ordinary JPEG: 8 bits, baseline, all components in one scan,
 * gray or YCbCr with chroma that is halved or not, upright, without a colour
 * profile, its segments one after another.
 *
 * @param bytes The file.
 * @returns `undefined` for all others.
 */
export function plainFrame(bytes: Uint8Array): PlainFrame | undefined {
  if (bytes[0] !== 0xff || bytes[1] !== 0xd8) return undefined;
  const parts: Parts = {
    tables: new Map(),
    quantized: new Set(),
    restart: 0,
    jfif: false,
  };
  for (let at = 2; at + 4 <= bytes.length;) {
    if (bytes[at] !== 0xff) return undefined;
    const marker = bytes[at + 1] as number;
    const length = ((bytes[at + 2] as number) << 8) |
      (bytes[at + 3] as number);
    const end = at + 2 + length;
    if (length < 2 || end > bytes.length) return undefined;
    const body = bytes.subarray(at + 4, end);
    if (marker === SCAN) return readScan(body, end, parts);
    if (!SEGMENTS[marker]?.(body, parts)) return undefined;
    at = end;
  }
  return undefined;
}
