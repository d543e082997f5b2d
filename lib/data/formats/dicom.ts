/** @file DICOM images whose pixels are not compressed. */
import type { DataSet } from "dicom-parser";
import { checkPixels, type Facts, type Raster } from "./raster.ts";

/** Transfer syntaxes that are read (DICOM PS3.5, annex A), and whether they are little-endian. */
const SYNTAXES: Readonly<Record<string, boolean>> = {
  "1.2.840.10008.1.2": true,
  "1.2.840.10008.1.2.1": true,
  "1.2.840.10008.1.2.2": false,
};
const DEFLATED = "1.2.840.10008.1.2.1.99";
/** Names of compressed ones, for messages; those of a family begin alike. */
const COMPRESSED: readonly (readonly [string, string])[] = [
  [DEFLATED, "Deflated"],
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
const SYNTAX = "x00020010";

/** Sequences for frames of their own, and for all frames (PS3.3, C.7.6.16). */
const PER_FRAME = "x52009230";
const SHARED = "x52009229";
/** In these: how values are rescaled, and how they are to be shown. */
const RESCALED = "x00289145";
const SHOWN = "x00289132";
/** A table in place of slope and intercept (PS3.3, C.11.1). */
const MODALITY_TABLE = "x00283000";
const PADDING = "x00280120";
/** A table for looking at values (VOI LUT), which have a `range` here. */
const SHOWN_TABLE = "x00283010";

/** Whether bytes begin as a DICOM file does. */
export const isDicom = (bytes: Uint8Array): boolean =>
  new TextDecoder("latin1").decode(
    bytes.subarray(PREAMBLE, PREAMBLE + 4),
  ) === "DICM";

interface Header extends Facts {
  readonly data: DataSet;
  readonly little: boolean;
  readonly signed: boolean;
  /** The highest bit that counts. */
  readonly high: number;
  readonly allocated: number;
  readonly planar: boolean;
  readonly slope: number;
  readonly intercept: number;
}

const compressed = (syntax: string): Error => {
  const name = COMPRESSED.find(([start]) => syntax.startsWith(start))?.[1];
  return new Error(
    `its pixels are compressed (${
      name ? `${name}, ` : ""
    }transfer syntax ${syntax}): decompress it, such as with gdcmconv --raw`,
  );
};

async function parse(bytes: Uint8Array, untilTag?: string): Promise<DataSet> {
  const { default: dicom } = await import("dicom-parser");
  let deflated = false;
  try {
    return dicom.parseDicom(bytes, {
      ...(untilTag ? { untilTag } : {}),
      inflater(all) {
        deflated = true;
        return all;
      },
    });
  } catch (error) {
    if (deflated) throw compressed(DEFLATED);
    const reason = error instanceof Error
      ? error.message
      : (error as { exception?: unknown }).exception ?? error;
    throw new Error(`it is damaged or cut off (${reason})`);
  }
}

/** What a sequence says of a frame, counted from 1: its own item, or that of all frames. */
function groupOf(
  { elements }: DataSet,
  group: string,
  page: number,
): DataSet | undefined {
  const items = [
    elements[PER_FRAME]?.items?.[page - 1],
    elements[SHARED]?.items?.[0],
  ];
  for (const item of items) {
    const found = item?.dataSet?.elements[group]?.items?.[0]?.dataSet;
    if (found) return found;
  }
  return undefined;
}

/** How samples lie in their words. */
function storedOf(data: DataSet): Pick<Header, "allocated" | "bits" | "high"> {
  const allocated = data.uint16("x00280100") ?? 0;
  if (allocated !== 8 && allocated !== 16) {
    throw new Error(`it has samples of ${allocated} bits, expected 8 or 16`);
  }
  const bits = data.uint16("x00280101") ?? allocated;
  const high = data.uint16("x00280102") ?? bits - 1;
  if (bits < 1 || high < bits - 1 || high >= allocated) {
    throw new Error(
      `its header is damaged: ${bits} bits up to bit ${high}, in samples of ${allocated} bits`,
    );
  }
  return { allocated, bits, high };
}

function headerOf(data: DataSet, page: number): Header {
  const syntax = data.string(SYNTAX) ?? "";
  const little = SYNTAXES[syntax];
  if (little === undefined) {
    if (COMPRESSED.some(([start]) => syntax.startsWith(start))) {
      throw compressed(syntax);
    }
    throw new Error(
      `its transfer syntax ${syntax} is not known, expected one of ${
        Object.keys(SYNTAXES).join(", ")
      } (uncompressed)`,
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
  const samples = data.uint16("x00280002") ?? bands;
  if (samples !== bands) {
    throw new Error(
      `its header is damaged: ${samples} sample(s) of a pixel, of which ${colour} has ${bands}`,
    );
  }
  if (data.elements[MODALITY_TABLE]) {
    throw new Error(
      "its values are those of a table (Modality LUT Sequence), which is not read: save them rescaled",
    );
  }
  const { allocated, bits, high } = storedOf(data);
  const number = (tag: string, from: DataSet): number | undefined => {
    const value = from.floatString(tag);
    return value === undefined || Number.isNaN(value) ? undefined : value;
  };
  const values = groupOf(data, RESCALED, page) ?? data;
  const slope = number("x00281053", values) ?? 1;
  const intercept = number("x00281052", values) ?? 0;
  if (slope === 0) {
    throw new Error("its header is damaged: its rescale slope is 0");
  }
  const signed = data.uint16("x00280103") === 1;
  const shown = groupOf(data, SHOWN, page) ?? data;
  const [center, width] = [
    number("x00281050", shown),
    number("x00281051", shown),
  ];
  const rescaled = slope !== 1 || intercept !== 0;
  const rescale = (value: number): number => value * slope + intercept;
  const ends = [
    rescale(signed ? -(2 ** (bits - 1)) : 0),
    rescale(2 ** (signed ? bits - 1 : bits) - 1),
  ] as const;
  const padding = signed ? data.int16(PADDING) : data.uint16(PADDING);
  const remarks = [
    ...(rescaled ? ["values rescaled by the file's slope and intercept"] : []),
    ...(padding === undefined ? [] : [
      `${
        rescale(padding)
      } is declared as padding, and counts as a sample like others`,
    ]),
    ...(data.elements[SHOWN_TABLE]
      ? ["its table for looking at it (VOI LUT) is not applied"]
      : []),
  ];
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
    ...(remarks.length > 0 ? { remark: remarks.join("; ") } : {}),
    ...(rescaled ? { full: [Math.min(...ends), Math.max(...ends)] } : {}),
    ...(center !== undefined && width !== undefined
      ? { window: [center - width / 2, center + width / 2] }
      : {}),
    data,
    little,
    signed,
    high,
    allocated,
    planar: data.uint16("x00280006") === 1,
    slope,
    intercept,
  };
}

/**
 * What a file is, from its beginning.
 *
 * @param page Frame, counted from 1: frames may be rescaled each in its own way.
 * @throws {Error} When it cannot be read.
 */
export async function dicomFacts(bytes: Uint8Array, page = 1): Promise<Facts> {
  return headerOf(await parse(bytes, PIXELS), page);
}

/**
 * The values of a frame, rescaled as the file says (Hounsfield units, in CT).
 *
 * @param page Frame, counted from 1.
 * @throws {Error} When they cannot be read.
 */
export async function readDicom(bytes: Uint8Array, page = 1): Promise<Raster> {
  const header = headerOf(await parse(bytes), page);
  checkPixels(header);
  const { width, height, bands, bits, pages, signed, slope, intercept } =
    header;
  if (page > pages) {
    throw new Error(`it has ${pages} page(s), and no page ${page}`);
  }
  const element = header.data.elements[PIXELS];
  const size = header.allocated / 8;
  const area = width * height;
  const each = area * bands;
  const start = (element?.dataOffset ?? 0) + (page - 1) * each * size;
  const end = (element?.dataOffset ?? 0) + (element?.length ?? 0);
  if (!element || start + each * size > Math.min(end, bytes.length)) {
    throw new Error("it is cut off: pixels are missing");
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  // What lies above the bits that are stored may be anything.
  const up = 31 - header.high;
  const down = 32 - bits;
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
