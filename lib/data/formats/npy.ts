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
  u8: [64, "unsigned", "getBigUint64"],
  i8: [64, "signed", "getBigInt64"],
  f2: [16, "float", "getFloat16"],
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
  /** Numbers between neighbours in a column, in a row, and in a pixel. */
  readonly strides: readonly [row: number, column: number, band: number];
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
  const dtype = /'descr':\s*'([^']*)'/.exec(header)?.[1] ??
    /'descr':\s*(\[.*?\])/.exec(header)?.[1] ?? "";
  const shapeText = /'shape':\s*\(([^)]*)\)/.exec(header)?.[1];
  // Python 2 wrote an L behind whole numbers.
  const shape = (shapeText ?? "").split(",").map((text) => text.trim())
    .filter(Boolean).map((text) => Number(text.replace(/L$/, "")));
  const known = DTYPES[dtype.slice(1)];
  if (!known || shapeText === undefined) {
    throw new Error(
      `its numbers are of the type "${dtype}", expected one of ${
        Object.keys(DTYPES).join(", ")
      }`,
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
  // In Fortran's order the first number of the shape is the one that runs first.
  const fortran = /'fortran_order':\s*True/.test(header);
  const steps = shape.map((_, i) =>
    (fortran ? shape.slice(0, i) : shape.slice(i + 1))
      .reduce((product, length) => product * length, 1)
  );
  const [a = 0, b = 0, c = 0] = steps;
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
    strides: bandsFirst ? [b, c, a] : [a, b, c],
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
  const { width, height, bands, dtype, start, strides } = facts;
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
  ) => number | bigint;
  const little = !dtype.startsWith(">");
  const samples = new Float64Array(area * bands);
  const [row, column, band] = strides;
  let i = 0;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      for (let z = 0; z < bands; z++) {
        const from = y * row + x * column + z * band;
        samples[i++] = Number(read(start + from * size, little));
      }
    }
  }
  return { ...facts, samples };
}
