/** @file What the headers of PNG, JPEG, GIF and WebP tell, read by hand: asking libvips takes as long as decoding a small image. */
import { exifOrientation, isJpeg, jpegOrientation, jpegSize } from "./jpeg.ts";
import type { Facts } from "./raster.ts";

const text = (bytes: Uint8Array, from: number, length: number): string =>
  new TextDecoder("latin1").decode(bytes.subarray(from, from + length));

const little = (bytes: Uint8Array, at: number, length: number): number => {
  let value = 0;
  for (let i = length - 1; i >= 0; i--) {
    value = value * 256 + (bytes[at + i] ?? 0);
  }
  return value;
};

const big = (bytes: Uint8Array, at: number): number =>
  little(Uint8Array.from(bytes.subarray(at, at + 4)).reverse(), 0, 4);

/** Bands by the colour type of a PNG; of a palette, those of its colours. */
const PNG_BANDS: Readonly<Record<number, number>> = {
  0: 1,
  2: 3,
  3: 3,
  4: 2,
  6: 4,
};

/** Chunks of a PNG before its pixels, by name. */
function pngChunks(bytes: Uint8Array): ReadonlyMap<string, Uint8Array> {
  const found = new Map<string, Uint8Array>();
  for (let at = 8; at + 8 <= bytes.length;) {
    const [length, name] = [big(bytes, at), text(bytes, at + 4, 4)];
    if (name === "IDAT") break;
    found.set(name, bytes.subarray(at + 8, at + 8 + length));
    at += 12 + length;
  }
  return found;
}

function pngFacts(bytes: Uint8Array): Facts {
  const colour = bytes[25] ?? 0;
  const chunks = pngChunks(bytes);
  // Colours that are transparent, of a palette or one of all.
  const clear = chunks.has("tRNS");
  const exif = chunks.get("eXIf");
  return {
    format: "PNG",
    width: big(bytes, 16),
    height: big(bytes, 20),
    bands: (PNG_BANDS[colour] ?? 1) + Number(clear),
    // A palette's colours have 8 bits, whatever its indices have.
    bits: Math.max(8, bytes[24] ?? 8),
    type: "unsigned",
    alpha: clear || colour === 4 || colour === 6,
    pages: 1,
    ...(exif ? { orientation: exifOrientation(exif) } : {}),
    ...(chunks.has("acTL")
      ? { remark: "animated, the first frame counts" }
      : {}),
  };
}

function jpegFacts(bytes: Uint8Array): Facts | undefined {
  const size = jpegSize(bytes);
  return size &&
    {
      format: "JPEG",
      ...size,
      type: "unsigned",
      pages: 1,
      orientation: jpegOrientation(bytes),
      ...(size.bands === 4 ? { remark: "CMYK, turned into colours" } : {}),
      ...(size.bits === 8 ? {} : {
        refused:
          `it is a JPEG of ${size.bits} bits a sample, and only those of 8 bits are read: convert it to PNG or TIFF`,
      }),
    };
}

/** Frames of a GIF, as far as one more than the first. */
function gifFrames(bytes: Uint8Array): number {
  const table = (packed: number): number =>
    packed & 0x80 ? 3 * 2 ** ((packed & 7) + 1) : 0;
  let at = 13 + table(bytes[10] ?? 0);
  let frames = 0;
  const skipBlocks = (): void => {
    while (at < bytes.length && bytes[at] !== 0) at += 1 + (bytes[at] ?? 0);
    at++;
  };
  while (at < bytes.length && frames < 2) {
    const kind = bytes[at];
    if (kind === 0x21) {
      at += 2;
      skipBlocks();
    } else if (kind === 0x2c) {
      frames++;
      at += 10 + table(bytes[at + 9] ?? 0) + 1;
      skipBlocks();
    } else break;
  }
  return Math.max(1, frames);
}

const gifFacts = (bytes: Uint8Array): Facts => ({
  format: "GIF",
  width: little(bytes, 6, 2),
  height: little(bytes, 8, 2),
  bands: 3,
  bits: 8,
  type: "unsigned",
  pages: gifFrames(bytes),
});

/** Width and height by the first chunk of a WebP (RFC 9649). */
const WEBP: Readonly<
  Record<string, (bytes: Uint8Array) => readonly [number, number]>
> = {
  "VP8 ": (bytes) => [
    little(bytes, 26, 2) & 0x3fff,
    little(bytes, 28, 2) & 0x3fff,
  ],
  VP8L: (bytes) => {
    const packed = little(bytes, 21, 4);
    return [(packed % 0x4000) + 1, (Math.floor(packed / 0x4000) % 0x4000) + 1];
  },
  VP8X: (bytes) => [little(bytes, 24, 3) + 1, little(bytes, 27, 3) + 1],
};

function webpFacts(bytes: Uint8Array): Facts | undefined {
  const chunk = text(bytes, 12, 4);
  const size = WEBP[chunk]?.(bytes);
  const flags = chunk === "VP8X" ? bytes[20] ?? 0 : 0;
  // One without loss says so itself: a bit behind its size.
  const alpha = (flags & 0x10) !== 0 ||
    (chunk === "VP8L" && ((bytes[24] ?? 0) & 0x10) !== 0);
  return size && {
    format: "WebP",
    width: size[0],
    height: size[1],
    bands: 3 + Number(alpha),
    bits: 8,
    type: "unsigned",
    alpha,
    pages: flags & 2 ? 2 : 1,
  };
}

/** Facts of a file that libvips decodes; `undefined` where they are not known. */
export function plainFacts(bytes: Uint8Array): Facts | undefined {
  if (bytes.length < 30) return undefined;
  if (isJpeg(bytes)) return jpegFacts(bytes);
  if (text(bytes, 1, 3) === "PNG") return pngFacts(bytes);
  if (text(bytes, 0, 3) === "GIF") return gifFacts(bytes);
  if (text(bytes, 0, 4) === "RIFF" && text(bytes, 8, 4) === "WEBP") {
    return webpFacts(bytes);
  }
  return undefined;
}
