/** @file JPEG by its segments: its size, and bytes that stand between segments. */

import type { Facts } from "./raster.ts";
import { readTiff, tagOf } from "./tiff_tags.ts";

/** Segments without a length: TEM, RST0 to RST7, SOI. */
const BARE = (marker: number): boolean =>
  marker === 0x01 || (marker >= 0xd0 && marker <= 0xd8);
const SCAN = 0xda;
const END = 0xd9;
/** Start of a frame, but for DHT, JPG and DAC that lie among them. */
const isFrame = (marker: number): boolean =>
  marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker);

interface Segment {
  readonly marker: number;
  /** Of its `0xff`. */
  readonly from: number;
  readonly to: number;
}

/** Whether bytes begin as a JPEG does. */
export const isJpeg = (bytes: Uint8Array): boolean =>
  bytes[0] === 0xff && bytes[1] === 0xd8;

/** Segments up to the first scan, that of the scan being the last. */
function* segments(bytes: Uint8Array): Generator<Segment> {
  let at = 0;
  while (at + 1 < bytes.length) {
    if (bytes[at] !== 0xff || bytes[at + 1] === 0 || bytes[at + 1] === 0xff) {
      at++;
      continue;
    }
    const marker = bytes[at + 1] as number;
    const length = BARE(marker)
      ? 0
      : ((bytes[at + 2] ?? 0) << 8) | (bytes[at + 3] ?? 0);
    const to = Math.min(at + 2 + length, bytes.length);
    yield { marker, from: at, to };
    if (marker === SCAN || marker === END) return;
    at = to;
  }
}

/** Width, height, components and their bits; `undefined` where no frame is found. */
export function jpegSize(
  bytes: Uint8Array,
): Pick<Facts, "width" | "height" | "bands" | "bits"> | undefined {
  for (const { marker, from } of segments(bytes)) {
    if (!isFrame(marker)) continue;
    const [bits = 0, a = 0, b = 0, c = 0, d = 0, bands = 0] = bytes.subarray(
      from + 4,
      from + 10,
    );
    return { height: (a << 8) | b, width: (c << 8) | d, bands, bits };
  }
  return undefined;
}

/** Orientation by its EXIF (tag 0x0112); 1 where there is none. */
export function jpegOrientation(bytes: Uint8Array): number {
  for (const { marker, from, to } of segments(bytes)) {
    if (marker !== 0xe1) continue;
    if (String.fromCharCode(...bytes.subarray(from + 4, from + 8)) === "Exif") {
      return exifOrientation(bytes.subarray(from + 10, to));
    }
  }
  return 1;
}

/** Orientation in EXIF, which is a TIFF; 1 where it tells none. */
export function exifOrientation(exif: Uint8Array): number {
  try {
    const [page] = readTiff(exif).pages;
    return page ? tagOf(page, "orientation", 1) : 1;
  } catch {
    return 1;
  }
}

/**
 * The file without bytes between the segments before its pixels, which some
 * cameras and programs leave there and which mean nothing.
 */
export function withoutStrays(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const parts: Uint8Array[] = [];
  let end = 0;
  for (const { from, to } of segments(bytes)) {
    parts.push(bytes.subarray(from, to));
    end = to;
  }
  parts.push(bytes.subarray(end));
  const result = new Uint8Array(
    parts.reduce((sum, { length }) => sum + length, 0),
  );
  let at = 0;
  for (const part of parts) {
    result.set(part, at);
    at += part.length;
  }
  return result;
}
