/** @file Files that are called images and are something else, by their first bytes. */

/** Each byte as the character of its number; a decoder of texts would change some. */
const text = (bytes: Uint8Array, from: number, end: number): string =>
  String.fromCharCode(...bytes.subarray(from, end));

/** First characters, and what begins with them. */
const TEXTS: readonly (readonly [RegExp, string])[] = [
  [/^\s*<(!doctype html|html|head|body)/i, "a web page"],
  [/^\s*(<\?xml[^>]*>\s*)?(<!--.*?-->\s*)?<svg/is, "an SVG drawing"],
  [/^\s*<\?xml/i, "an XML text"],
  [/^P[1-7]\s/, "a PNM image (PBM, PGM, PPM)"],
  [
    /^version https:\/\/git-lfs/,
    "a pointer of Git LFS: fetch the file (git lfs pull)",
  ],
  // Group 2 or 8, an element of it, and how its value is written.
  [
    // deno-lint-ignore no-control-regex
    /^[\x02\x08]\0.\0(UL|UI|CS|LO|SH|DA|OB)/s,
    "DICOM without its preamble (128 bytes and DICM)",
  ],
];

/** First bytes of others. */
const STARTS: readonly (readonly [string, string])[] = [
  ["BM", "a BMP image"],
  ["\0\0\0\x0cjP  ", "a JPEG 2000 image"],
  ["\xff\x4f\xff\x51", "a JPEG 2000 image"],
  ["\0\0\0\x0cJXL ", "a JPEG XL image"],
  ["\xff\x0a", "a JPEG XL image"],
  ["8BPS", "a Photoshop file"],
  ["%PDF", "a PDF"],
  ["PK\x03\x04", "a zip archive"],
  ["\x1f\x8b", "compressed by gzip"],
  ["v/1\x01", "an OpenEXR image"],
  ["\x89HDF", "an HDF5 file"],
];

/** Brands of HEIF files whose pixels are HEVC (ISO/IEC 23008-12). */
const HEIC = /^(heic|heix|hevc|hevx|heim|heis|mif1|msf1)$/;

/** Why a file is none that is read; `undefined` where it may be one. */
export function otherFormat(bytes: Uint8Array): string | undefined {
  const start = text(bytes, 0, 400);
  const [, found] = TEXTS.find(([pattern]) => pattern.test(start)) ??
    STARTS.find(([first]) => start.startsWith(first)) ?? [];
  if (found) return `it is ${found}, and none of the formats that are read`;
  if (start.slice(4, 8) !== "ftyp") return undefined;
  const length = (bytes[2] ?? 0) * 256 + (bytes[3] ?? 0);
  const brands: readonly string[] =
    start.slice(8, Math.min(length, 400)).match(/.{4}/gs) ?? [];
  return HEIC.test(brands[0] ?? "") && !brands.includes("avif")
    ? "it is a HEIC image, whose compression (HEVC) is not read: convert it to JPEG or PNG"
    : undefined;
}
