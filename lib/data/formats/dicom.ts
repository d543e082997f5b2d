/** @file DICOM images whose pixels are not compressed. */
import type { DataSet } from "dicom-parser";
import { checkPixels, type Facts, type Raster } from "./raster.ts";

/** Transfer syntaxes that are read (DICOM PS3.5, annex A), and whether they are little-endian. */
const SYNTAXES: Readonly<Record<string, boolean>> = {
  "1.2.840.10008.1.2": true,
  "1.2.840.10008.1.2.1": true,
  "1.2.840.10008.1.2.2": false,
};
/** Names of compressed ones, for messages; those of a family begin alike. */
const COMPRESSED: readonly (readonly [string, string])[] = [
  ["1.2.840.10008.1.2.1.99", "Deflated"],
  ["1.2.840.10008.1.2.5", "RLE Lossless"],
  ["1.2.840.10008.1.2.4.50", "JPEG Baseline"],
  ["1.2.840.10008.1.2.4.51", "JPEG Extended"],
  ["1.2.840.10008.1.2.4.57", "JPEG Lossless"],
  ["1.2.840.10008.1.2.4.70", "JPEG Lossless"],
  ["1.2.840.10008.1.2.4.80", "JPEG-LS Lossless"],
  ["1.2.840.10008.1.2.4.81", "JPEG-LS"],
  ["1.2.840.10008.1.2.4.90", "JPEG 2000 Lossless"],
  ["1.2.840.10008.1.2.4.91", "JPEG 2000"],
  ["1.2.840.10008.1.2.4.10", "MPEG video"],
  ["1.2.840.10008.1.2.4.11", "JPEG XL"],
  ["1.2.840.10008.1.2.4.20", "High-Throughput JPEG 2000"],
];
/** Photometric interpretations, and the bands of each. */
const COLOURS: Readonly<Record<string, number>> = {
  MONOCHROME1: 1,
  MONOCHROME2: 1,
  RGB: 3,
};

const PREAMBLE = 128;
const PIXELS = "x7fe00010";

/** Whether bytes begin as a DICOM file does. */
export const isDicom = (bytes: Uint8Array): boolean =>
  new TextDecoder("latin1").decode(
    bytes.subarray(PREAMBLE, PREAMBLE + 4),
  ) === "DICM";

interface Header extends Facts {
  readonly data: DataSet;
  readonly little: boolean;
  readonly allocated: number;
  readonly planar: boolean;
  readonly slope: number;
  readonly intercept: number;
}

async function parse(bytes: Uint8Array, untilTag?: string): Promise<DataSet> {
  const { default: dicom } = await import("dicom-parser");
  try {
    return dicom.parseDicom(bytes, untilTag ? { untilTag } : {});
  } catch (error) {
    const reason = error instanceof Error
      ? error.message
      : (error as { exception?: unknown }).exception ?? error;
    throw new Error(`it is damaged or cut off (${reason})`);
  }
}

function headerOf(data: DataSet): Header {
  const syntax = data.string("x00020010") ?? "";
  const little = SYNTAXES[syntax];
  if (little === undefined) {
    const name = COMPRESSED.find(([start]) => syntax.startsWith(start))?.[1];
    throw new Error(
      `its pixels are compressed (${
        name ? `${name}, ` : ""
      }transfer syntax ${syntax}): decompress it, such as with gdcmconv --raw`,
    );
  }
  const colour = data.string("x00280004") ?? "";
  const bands = COLOURS[colour];
  if (bands === undefined) {
    throw new Error(
      `its colours are "${colour}", expected one of ${
        Object.keys(COLOURS).join(", ")
      }`,
    );
  }
  const allocated = data.uint16("x00280100") ?? 0;
  if (allocated !== 8 && allocated !== 16) {
    throw new Error(`it has samples of ${allocated} bits, expected 8 or 16`);
  }
  const bits = data.uint16("x00280101") ?? allocated;
  const number = (tag: string): number | undefined => {
    const value = data.floatString(tag);
    return value === undefined || Number.isNaN(value) ? undefined : value;
  };
  const slope = number("x00281053") ?? 1;
  const intercept = number("x00281052") ?? 0;
  const signed = data.uint16("x00280103") === 1;
  const [center, width] = [number("x00281050"), number("x00281051")];
  const rescaled = slope !== 1 || intercept !== 0;
  return {
    format: "DICOM",
    width: data.uint16("x00280011") ?? 0,
    height: data.uint16("x00280010") ?? 0,
    bands,
    bits,
    // Rescaled values are others than those of the samples.
    type: rescaled && !(Number.isInteger(slope) && Number.isInteger(intercept))
      ? "float"
      : signed || rescaled
      ? "signed"
      : "unsigned",
    pages: data.intString("x00280008") ?? 1,
    inverted: colour === "MONOCHROME1",
    ...(rescaled
      ? {
        remark: "values rescaled by the file's slope and intercept",
        full: [
          (signed ? -(2 ** (bits - 1)) : 0) * slope + intercept,
          (2 ** (signed ? bits - 1 : bits) - 1) * slope + intercept,
        ],
      }
      : {}),
    ...(center !== undefined && width !== undefined
      ? { window: [center - width / 2, center + width / 2] }
      : {}),
    data,
    little,
    allocated,
    planar: data.uint16("x00280006") === 1,
    slope,
    intercept,
  };
}

/** What a file is, from its beginning. @throws {Error} When it cannot be read. */
export async function dicomFacts(bytes: Uint8Array): Promise<Facts> {
  return headerOf(await parse(bytes, PIXELS));
}

/**
 * The values of a frame, rescaled as the file says (Hounsfield units, in CT).
 *
 * @param page Frame, counted from 1.
 * @throws {Error} When they cannot be read.
 */
export async function readDicom(bytes: Uint8Array, page = 1): Promise<Raster> {
  const header = headerOf(await parse(bytes));
  checkPixels(header);
  const { width, height, bands, bits, pages, allocated, slope, intercept } =
    header;
  if (page > pages) {
    throw new Error(`it has ${pages} page(s), and no page ${page}`);
  }
  const element = header.data.elements[PIXELS];
  const size = allocated / 8;
  const area = width * height;
  const each = area * bands;
  const start = (element?.dataOffset ?? 0) + (page - 1) * each * size;
  const end = (element?.dataOffset ?? 0) + (element?.length ?? 0);
  if (!element || start + each * size > Math.min(end, bytes.length)) {
    throw new Error("it is cut off: pixels are missing");
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  // What lies above the bits that are stored may be anything.
  const high = (header.data.uint16("x00280102") ?? bits - 1) + 1;
  const up = 32 - high;
  const down = 32 - bits;
  const signed = header.data.uint16("x00280103") === 1;
  const samples = new Float64Array(each);
  for (let i = 0; i < each; i++) {
    const from = header.planar ? (i % bands) * area + Math.floor(i / bands) : i;
    const at = start + from * size;
    const word = size === 1
      ? view.getUint8(at)
      : view.getUint16(at, header.little);
    const value = signed ? (word << up) >> down : (word << up) >>> down;
    samples[i] = value * slope + intercept;
  }
  return { ...header, samples };
}
