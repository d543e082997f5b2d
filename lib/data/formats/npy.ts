/** @file Arrays of NumPy (.npy, format versions 1 to 3). */
import { checkPixels, type Facts, type Raster } from "./raster.ts";

/** Bits, kind and reader of each dtype, without its byte order. */
const DTYPES: Readonly<
  Record<
    string,
    readonly [number, Facts["type"], keyof DataView & `get${string}`]
  >
> = {
  b1: [8, "truth", "getUint8"],
  u1: [8, "unsigned", "getUint8"],
  u2: [16, "unsigned", "getUint16"],
  u4: [32, "unsigned", "getUint32"],
  i1: [8, "signed", "getInt8"],
  i2: [16, "signed", "getInt16"],
  i4: [32, "signed", "getInt32"],
  f4: [32, "float", "getFloat32"],
  f8: [64, "float", "getFloat64"],
};

/** Whether bytes begin as an array of NumPy does. */
export const isNpy = (bytes: Uint8Array): boolean =>
  bytes[0] === 0x93 &&
  new TextDecoder("latin1").decode(bytes.subarray(1, 6)) === "NUMPY";

interface NpyFacts extends Facts {
  /** Where the samples begin. */
  readonly start: number;
  readonly dtype: string;
  /** Whether bands come before rows. */
  readonly bandsFirst: boolean;
}

/**
 * What an array is: `[height, width]`, or with bands last, or first where
 * that dimension is the smaller one.
 *
 * @throws {Error} When it is no image.
 */
export function npyFacts(bytes: Uint8Array): NpyFacts {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const wide = (bytes[6] ?? 1) > 1;
  const from = wide ? 12 : 10;
  if (bytes.length < from) throw new Error("it is cut off");
  const length = wide ? view.getUint32(8, true) : view.getUint16(8, true);
  if (from + length > bytes.length) throw new Error("its header is cut off");
  const header = new TextDecoder("latin1").decode(
    bytes.subarray(from, from + length),
  );
  const dtype = /'descr':\s*'([^']*)'/.exec(header)?.[1] ?? "";
  const shapeText = /'shape':\s*\(([^)]*)\)/.exec(header)?.[1];
  const shape = (shapeText ?? "").split(",").map((text) => text.trim())
    .filter(Boolean).map(Number);
  const known = DTYPES[dtype.slice(1)];
  if (!known || shapeText === undefined) {
    throw new Error(
      `its numbers are of the type "${dtype}", expected one of ${
        Object.keys(DTYPES).join(", ")
      }`,
    );
  }
  if (/'fortran_order':\s*True/.test(header)) {
    throw new Error(
      "it is in Fortran's order: save it with numpy.ascontiguousarray",
    );
  }
  const [first = 0, second = 0, third] = shape;
  if (shape.length !== 2 && shape.length !== 3) {
    throw new Error(
      `its shape is (${
        shape.join(", ")
      }), expected one image: (height, width) or (height, width, bands)`,
    );
  }
  const bandsFirst = third !== undefined && first < third;
  const [height, width, bands] = bandsFirst
    ? [second, third, first]
    : [first, second, third ?? 1];
  const [bits, type] = known;
  return {
    format: "NumPy array",
    width,
    height,
    bands,
    bits,
    type,
    pages: 1,
    start: from + length,
    dtype,
    bandsFirst,
    ...(bandsFirst ? { remark: "read as bands, rows, columns" } : {}),
  };
}

/**
 * The numbers of an array, rows first and bands last.
 *
 * @throws {Error} When it is no image, or cut off.
 */
export function readNpy(bytes: Uint8Array): Raster {
  const facts = npyFacts(bytes);
  checkPixels(facts);
  const { width, height, bands, dtype, start, bandsFirst } = facts;
  const [bits, , getter] = DTYPES[dtype.slice(1)] as (typeof DTYPES)[string];
  const size = bits / 8;
  const area = width * height;
  if (start + area * bands * size > bytes.length) {
    throw new Error("it is cut off: numbers are missing at its end");
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const read = view[getter].bind(view) as (
    at: number,
    little?: boolean,
  ) => number;
  const little = !dtype.startsWith(">");
  const samples = new Float64Array(area * bands);
  for (let i = 0; i < samples.length; i++) {
    const from = bandsFirst ? (i % bands) * area + Math.floor(i / bands) : i;
    samples[i] = read(start + from * size, little);
  }
  return { ...facts, samples };
}
