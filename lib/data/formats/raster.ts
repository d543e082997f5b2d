/** @file Samples of an image as its file has them, before anything is made of them. */
import { counted } from "../../counted.ts";

/** What a sample is. */
export type SampleType = "unsigned" | "signed" | "float" | "truth";

/** What a file's header tells of its samples. */
export interface Facts {
  /** Of the file, such as `TIFF`. */
  readonly format: string;
  readonly width: number;
  readonly height: number;
  /** Samples of a pixel, a declared transparency included. */
  readonly bands: number;
  /** Bits of a sample that count. */
  readonly bits: number;
  readonly type: SampleType;
  /** Whether the last band is declared as transparency. */
  readonly alpha?: boolean;
  /** Whether colours are multiplied by it already. */
  readonly premultiplied?: boolean;
  /** Least and largest value, where the type does not tell. */
  readonly full?: readonly [number, number];
  /** Images in the file, smaller copies of one left out. */
  readonly pages: number;
  /** Whether the least value is white. */
  readonly inverted?: boolean;
  /** How rows and columns lie, as in EXIF; 1 by default. */
  readonly orientation?: number;
  /** What is worth knowing about how it was read. */
  readonly remark?: string;
  /** A range that the file names for looking at it. */
  readonly window?: readonly [number, number];
  /** Why it cannot be read although it is whole. */
  readonly refused?: string;
}

/** An image, `[height, width, bands]`, row-major. */
export interface Raster extends Facts {
  readonly samples: ArrayLike<number>;
}

/** Larger images are refused before they are decoded (a decompression bomb). */
export const MOST_PIXELS = 100_000_000;
/** Samples of many bands add up. */
const MOST_SAMPLES = 4 * MOST_PIXELS;

/** @throws {Error} When an image is empty, or too large to decode whole. */
export function checkPixels(
  { width, height, bands }: Pick<Facts, "width" | "height" | "bands">,
): void {
  if (!(width >= 1 && height >= 1 && bands >= 1)) {
    throw new Error(`it has ${width}x${height} pixels of ${bands} band(s)`);
  }
  const pixels = width * height;
  if (pixels <= MOST_PIXELS && pixels * bands <= MOST_SAMPLES) return;
  throw new Error(
    `it has ${width}x${height} pixels${
      bands > 4 ? ` of ${bands} bands` : ""
    }, ${Math.round(pixels / 1e6)} megapixels, expected at most ${
      MOST_PIXELS / 1e6
    }; "tile" under "data" reads images of any size in pieces (source: folder or tar)`,
  );
}

/** Such as `16-bit unsigned`. */
export const sampleText = ({ bits, type }: Facts): string =>
  type === "truth" ? "true or false" : `${bits}-bit ${type}`;

/** Such as `4 bands`, or `3 bands and transparency`. */
export function bandText({ bands, alpha }: Facts): string {
  const colours = bands - Number(alpha ?? false);
  return `${counted(colours, "band")}${alpha ? " and transparency" : ""}`;
}
