/** @file Image files of every kind and with every fault, made when a test needs them. */
import sharp, { type Sharp } from "sharp";
import { image } from "./fixtures.ts";
import { bytesOf, chunk, png } from "./png.ts";

/** Side of the pictures. */
export const SIDE = 16;

type Color = readonly [number, number, number];

/** Colours of the quarters: top left, top right, bottom left, bottom right. */
export type Quarters = readonly [Color, Color, Color, Color];

/** The picture that most files show. */
export const PICTURE: Quarters = [
  [220, 30, 30],
  [30, 200, 40],
  [40, 50, 210],
  [240, 240, 240],
];

/** The same in gray: luma of sRGB, in linear light as libvips converts. */
export const GRAY: Quarters = [
  [40, 40, 40],
  [110, 110, 110],
  [180, 180, 180],
  [250, 250, 250],
];

/** Colours that ink has too. */
const MUTED: Quarters = [
  [180, 70, 70],
  [100, 150, 90],
  [80, 90, 140],
  [230, 230, 230],
];

const WHITE_BLACK: Quarters = [
  [255, 255, 255],
  [0, 0, 0],
  [0, 0, 0],
  [255, 255, 255],
];

/** What is to become of a file: a picture, within a tolerance, or a reason. */
export type Expected =
  | { readonly shows: Quarters; readonly tolerance: number }
  | { readonly reason: RegExp };

/** A file of the corpus. */
export interface CorpusFile {
  readonly bytes: Uint8Array;
  readonly expected: Expected;
}

const shows = (
  bytes: Uint8Array,
  tolerance: number,
  quarters: Quarters = PICTURE,
): CorpusFile => ({ bytes, expected: { shows: quarters, tolerance } });

const refused = (bytes: Uint8Array, reason: RegExp): CorpusFile => ({
  bytes,
  expected: { reason },
});

const at = (quarters: Quarters, row: number, column: number): Color =>
  quarters[2 * Number(row >= SIDE / 2) + Number(column >= SIDE / 2)] as Color;

/** Pixels of a picture; `place` tells which one stands at a row and a column. */
function pixels(
  quarters: Quarters,
  place = (row: number, column: number) => [row, column] as const,
): Uint8Array {
  return Uint8Array.from({ length: SIDE * SIDE * 3 }, (_, i) => {
    const [row, column] = place(
      Math.floor(i / 3 / SIDE),
      Math.floor(i / 3) % SIDE,
    );
    return at(quarters, row, column)[i % 3] as number;
  });
}

const RAW = { raw: { width: SIDE, height: SIDE, channels: 3 as const } };
const picture = (quarters: Quarters = PICTURE) => sharp(pixels(quarters), RAW);
const bytes = async (image: Sharp): Promise<Uint8Array> =>
  new Uint8Array(await image.toBuffer());

const SHARP_JPEG = { quality: 100, chromaSubsampling: "4:4:4" } as const;

const LAST = SIDE - 1;
/**
 * Where the pixel of a stored row and column belongs, by orientation (EXIF
 * 2.32, tag 0x0112: the side that row 0 and column 0 are of).
 */
const ORIENTATIONS: Readonly<
  Record<number, (row: number, column: number) => readonly [number, number]>
> = {
  1: (row, column) => [row, column],
  2: (row, column) => [row, LAST - column],
  3: (row, column) => [LAST - row, LAST - column],
  4: (row, column) => [LAST - row, column],
  5: (row, column) => [column, row],
  6: (row, column) => [column, LAST - row],
  7: (row, column) => [LAST - column, LAST - row],
  8: (row, column) => [LAST - column, row],
};

/** Rows of a PNG of 1, 2, 4 or 8 bits a sample, from a number a quarter. */
function packed(
  depth: 1 | 2 | 4 | 8,
  values: readonly [number, number, number, number],
): Uint8Array[] {
  return Array.from({ length: SIDE }, (_, row) => {
    const line = new Uint8Array(SIDE * depth / 8);
    for (let column = 0; column < SIDE; column++) {
      const value = values[
        2 * Number(row >= SIDE / 2) + Number(column >= SIDE / 2)
      ] as number;
      const bit = column * depth;
      line[bit >> 3]! |= value << (8 - depth - (bit & 7));
    }
    return line;
  });
}

/** Rows of samples of 16 bits; the low byte is chance. */
const wide = (channels: 1 | 3, quarters: Quarters): Uint8Array[] =>
  Array.from(
    { length: SIDE },
    (_, row) =>
      Uint8Array.from({ length: SIDE * channels * 2 }, (_, i) => {
        const column = Math.floor(i / 2 / channels);
        const color = at(quarters, row, column);
        return i % 2
          ? 37 * i & 127
          : color[Math.floor(i / 2) % channels] as number;
      }),
  );

const size = { width: SIDE, height: SIDE };

async function goodFiles(): Promise<Record<string, CorpusFile>> {
  const files: Record<string, CorpusFile> = {
    "jpeg.jpg": shows(await bytes(picture().jpeg(SHARP_JPEG)), 4),
    "jpeg-420.JPEG": shows(await bytes(picture().jpeg({ quality: 95 })), 40),
    "jpeg-progressive.jpg": shows(
      await bytes(picture().jpeg({ ...SHARP_JPEG, progressive: true })),
      4,
    ),
    "jpeg-gray.jpg": shows(
      await bytes(picture(GRAY).toColourspace("b-w").jpeg(SHARP_JPEG)),
      4,
      GRAY,
    ),
    "jpeg-cmyk.jpg": shows(
      await bytes(picture(MUTED).toColourspace("cmyk").jpeg(SHARP_JPEG)),
      16,
      MUTED,
    ),
    "jpeg-p3.jpg": shows(
      await bytes(picture().withIccProfile("p3").jpeg(SHARP_JPEG)),
      12,
    ),
    "jpeg-trailing.jpg": shows(
      bytesOf(await bytes(picture().jpeg(SHARP_JPEG)), "after the end"),
      4,
    ),
    "jpeg-called.png": shows(await bytes(picture().jpeg(SHARP_JPEG)), 4),
    "png-called.jpg": shows(await bytes(picture().png()), 0),
    "png-8.png": shows(await bytes(picture().png()), 0),
    "png-interlaced.png": shows(
      await bytes(picture().png({ progressive: true })),
      0,
    ),
    "png-p3.png": shows(await bytes(picture().withIccProfile("p3").png()), 6),
    "png-palette.png": shows(await bytes(picture().png({ palette: true })), 2),
    "png-palette-2.png": shows(
      png({
        ...size,
        depth: 2,
        color: 3,
        rows: packed(2, [0, 1, 2, 3]),
        extra: [chunk("PLTE", Uint8Array.from(PICTURE.flat()))],
      }),
      0,
    ),
    "png-palette-alpha.png": shows(
      png({
        ...size,
        depth: 2,
        color: 3,
        rows: packed(2, [0, 1, 2, 3]),
        extra: [
          chunk("PLTE", Uint8Array.from(PICTURE.flat())),
          chunk("tRNS", Uint8Array.of(255, 255, 255, 0)),
        ],
      }),
      0,
      [PICTURE[0], PICTURE[1], PICTURE[2], [0, 0, 0]],
    ),
    "png-gray-1.png": shows(
      png({ ...size, depth: 1, color: 0, rows: packed(1, [1, 0, 0, 1]) }),
      0,
      WHITE_BLACK,
    ),
    "png-gray-2.png": shows(
      png({ ...size, depth: 2, color: 0, rows: packed(2, [3, 0, 0, 3]) }),
      0,
      WHITE_BLACK,
    ),
    "png-gray-4.png": shows(
      png({ ...size, depth: 4, color: 0, rows: packed(4, [15, 0, 0, 15]) }),
      0,
      WHITE_BLACK,
    ),
    "png-gray-8.png": shows(
      png({
        ...size,
        depth: 8,
        color: 0,
        rows: packed(8, [40, 110, 180, 250]),
      }),
      0,
      GRAY,
    ),
    "png-gray-16.png": shows(
      png({ ...size, depth: 16, color: 0, rows: wide(1, GRAY) }),
      1,
      GRAY,
    ),
    "png-rgb-16.png": shows(
      png({ ...size, depth: 16, color: 2, rows: wide(3, PICTURE) }),
      1,
    ),
    "png-animated.png": shows(
      png({
        ...size,
        depth: 2,
        color: 3,
        rows: packed(2, [0, 1, 2, 3]),
        extra: [
          chunk("PLTE", Uint8Array.from(PICTURE.flat())),
          chunk("acTL", bytesOf(2, 0)),
          chunk("fcTL", bytesOf(0, SIDE, SIDE, 0, 0, 0x000a0064, "\0\0")),
        ],
        after: [
          chunk("fcTL", bytesOf(1, SIDE, SIDE, 0, 0, 0x000a0064, "\0\0")),
          chunk("fdAT", bytesOf(2, new Uint8Array(12))),
        ],
      }),
      0,
    ),
    "png-gray-alpha.png": shows(
      await bytes(
        picture(GRAY).ensureAlpha(0.5).toColourspace("b-w").png(),
      ),
      2,
      GRAY.map((color) =>
        color.map((value) => value / 2)
      ) as unknown as Quarters,
    ),
    "png-alpha.png": shows(
      await bytes(picture().ensureAlpha(0.5).png()),
      2,
      PICTURE.map((color) =>
        color.map((value) => value / 2)
      ) as unknown as Quarters,
    ),
    "webp-lossless.webp": shows(
      await bytes(picture().webp({ lossless: true })),
      1,
    ),
    "webp-lossy.webp": shows(await bytes(picture().webp({ quality: 98 })), 40),
    "webp-alpha.webp": shows(
      await bytes(picture().ensureAlpha(1).webp({ lossless: true })),
      1,
    ),
    "gif.gif": shows(await bytes(picture().gif()), 4),
    "tiff.tif": shows(await bytes(picture().tiff({ compression: "none" })), 0),
    "tiff-lzw.tiff": shows(
      await bytes(picture().tiff({ compression: "lzw" })),
      0,
    ),
    "tiff-deflate.tiff": shows(
      await bytes(
        picture().tiff({ compression: "deflate", predictor: "horizontal" }),
      ),
      0,
    ),
    "tiff-tiled.tiff": shows(
      await bytes(picture().tiff({ compression: "none", tile: true })),
      0,
    ),
    "tiff-16.tiff": shows(
      await bytes(
        picture().toColourspace("rgb16").tiff({ compression: "none" }),
      ),
      1,
    ),
    "tiff-cmyk.tiff": shows(
      await bytes(
        picture(MUTED).toColourspace("cmyk").tiff({ compression: "none" }),
      ),
      16,
      MUTED,
    ),
    "tiff-1.tiff": shows(
      await bytes(
        picture(WHITE_BLACK).toColourspace("b-w")
          .tiff({ bitdepth: 1, compression: "none" }),
      ),
      0,
      WHITE_BLACK,
    ),
    "avif.avif": shows(
      await bytes(picture().avif({ quality: 95, chromaSubsampling: "4:4:4" })),
      12,
    ),
  };
  const frames = await Promise.all([
    bytes(picture().png()),
    image([0, 0, 0], "png", SIDE, SIDE),
    image([255, 255, 0], "png", SIDE, SIDE),
  ]);
  const animation = () => sharp(frames, { join: { animated: true } });
  files["gif-animated.gif"] = shows(await bytes(animation().gif()), 4);
  files["webp-animated.webp"] = shows(
    await bytes(animation().webp({ lossless: true })),
    1,
  );
  files["tiff-pages.tiff"] = refused(
    await bytes(animation().tiff({ compression: "none" })),
    /it has 3 pages, and one image is expected/,
  );
  for (const [orientation, place] of Object.entries(ORIENTATIONS)) {
    const turned = sharp(pixels(PICTURE, place), RAW)
      .withMetadata({ orientation: Number(orientation) });
    files[`exif-${orientation}.jpg`] = shows(
      await bytes(turned.clone().jpeg(SHARP_JPEG)),
      4,
    );
    if (orientation !== "6") continue;
    files["exif-6.png"] = shows(await bytes(turned.clone().png()), 0);
    files["exif-6.webp"] = shows(
      await bytes(turned.clone().webp({ lossless: true })),
      1,
    );
    files["exif-6.tiff"] = shows(
      await bytes(turned.clone().tiff({ compression: "none" })),
      0,
    );
  }
  return files;
}

const HUGE = 50_000;
const SAYS_LARGE =
  /megapixels|pixel limit|too large|too big|dimension|unsupported|corrupt|invalid|damaged/i;

/** Headers of images that would take gigabytes. */
function bombs(): Record<string, CorpusFile> {
  const le16 = (value: number) => Uint8Array.of(value & 255, value >> 8);
  const le32 = (value: number) =>
    Uint8Array.of(...[0, 8, 16, 24].map((shift) => (value >>> shift) & 255));
  const le24 = (value: number) => le32(value).slice(0, 3);
  const tag = (id: number, type: number, value: number) =>
    bytesOf(le16(id), le16(type), le32(1), le32(value));
  const tags = [
    tag(256, 4, HUGE),
    tag(257, 4, HUGE),
    tag(258, 3, 8),
    tag(259, 3, 1),
    tag(262, 3, 1),
    tag(273, 4, 8),
    tag(277, 3, 1),
    tag(278, 4, HUGE),
    tag(279, 4, 100),
  ];
  const vp8x = bytesOf(
    "VP8X",
    le32(10),
    Uint8Array.of(0, 0, 0, 0),
    le24(HUGE - 1),
    le24(HUGE - 1),
    "VP8L",
    le32(10),
    // 14 bits a side are the most of a frame.
    Uint8Array.of(0x2f, 0xff, 0xff, 0xff, 0x0f, 0, 0, 0, 0, 0),
  );
  return {
    "bomb.png": refused(
      png({
        width: HUGE,
        height: HUGE,
        depth: 8,
        color: 2,
        rows: [new Uint8Array(100)],
      }),
      SAYS_LARGE,
    ),
    "bomb-1-bit.png": refused(
      // Whole and valid: 400 megapixels in a few kilobytes.
      png({
        width: 20_000,
        height: 20_000,
        depth: 1,
        color: 0,
        rows: Array(20).fill(new Uint8Array(2500)),
      }),
      SAYS_LARGE,
    ),
    "bomb.gif": refused(
      bytesOf(
        "GIF89a",
        le16(HUGE),
        le16(HUGE),
        Uint8Array.of(0x80, 0, 0, 0, 0, 0, 255, 255, 255, 0x2c, 0, 0, 0, 0),
        le16(HUGE),
        le16(HUGE),
        Uint8Array.of(0, 2, 2, 0x44, 1, 0, 0x3b),
      ),
      SAYS_LARGE,
    ),
    "bomb.webp": refused(
      bytesOf("RIFF", le32(4 + vp8x.length), "WEBP", vp8x),
      SAYS_LARGE,
    ),
    "bomb.tiff": refused(
      bytesOf("II*\0", le32(8), le16(tags.length), ...tags, le32(0)),
      SAYS_LARGE,
    ),
    "bomb.jpg": refused(
      bytesOf(
        Uint8Array.of(0xff, 0xd8, 0xff, 0xc0, 0, 17, 8),
        Uint8Array.of(HUGE >> 8, HUGE & 255, HUGE >> 8, HUGE & 255, 3),
        Uint8Array.of(1, 0x11, 0, 2, 0x11, 0, 3, 0x11, 0, 0xff, 0xda, 0, 12),
        Uint8Array.of(3, 1, 0, 2, 0, 3, 0, 0, 63, 0, 0xff, 0xd9),
      ),
      SAYS_LARGE,
    ),
    "bomb-svg.png": refused(
      bytesOf(
        `<svg xmlns="http://www.w3.org/2000/svg" width="${HUGE}" height="${HUGE}"><rect width="100%" height="100%"/></svg>`,
      ),
      /an SVG drawing/,
    ),
  };
}

/** Files that are called images. */
function strangers(): Record<string, CorpusFile> {
  const none =
    /none of the formats that are read|unsupported image format|damaged|invalid/i;
  const texts: Readonly<Record<string, string>> = {
    "text.jpg": "not an image",
    "page.png": "<!DOCTYPE html><html><body>404</body></html>",
    "drawing.png":
      '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>',
    "json.jpg": "{}",
    "archive.jpg": "PK\x03\x04\x14\0\0\0",
    "document.png": "%PDF-1.7\n%\xe2\xe3",
    "bitmap.png": "BM\x46\0\0\0\0\0\0\0\x36\0\0\0\x28\0\0\0",
    "portable.jpg": "P3 1 1 255 255 0 0",
    "radiance.png": "#?RADIANCE\nFORMAT=32-bit_rle_rgbe\n\n-Y 1 +X 1\n",
    "matlab.tiff": "MATLAB 5.0 MAT-file",
    "zeros.jpg": "\0".repeat(4096),
    "signature.png": "\x89PNG\r\n\x1a\n",
    "signature.jpg": "\xff\xd8\xff",
    "signature.gif": "GIF89a",
    "signature.webp": "RIFF\x04\0\0\0WEBP",
    "signature.tiff": "II*\0\x08\0\0\0",
  };
  return {
    "empty.png": refused(new Uint8Array(), /the file is empty/),
    ...Object.fromEntries(
      Object.entries(texts).map((
        [name, text],
      ) => [name, refused(bytesOf(text), none)]),
    ),
  };
}

/**
 * A larger picture of chance, so that a cut goes through its data; the same
 * every time.
 */
function noise(): Sharp {
  const side = 96;
  let state = 1;
  // The generator of Park and Miller (1988); the mean of four is bell-shaped.
  const next = (): number => (state = state * 48271 % 0x7fffffff) >> 8 & 255;
  const pixels = Uint8Array.from(
    { length: side * side * 3 },
    () => (next() + next() + next() + next()) >> 2,
  );
  return sharp(pixels, { raw: { width: side, height: side, channels: 3 } });
}

async function damaged(): Promise<Record<string, CorpusFile>> {
  const files: Record<string, CorpusFile> = {};
  const whole = noise();
  const reason = /./;
  const formats = {
    jpg: whole.clone().jpeg(),
    png: whole.clone().png(),
    webp: whole.clone().webp(),
    gif: whole.clone().gif(),
    tiff: whole.clone().tiff({ compression: "lzw" }),
    avif: whole.clone().avif(),
  };
  for (const [format, made] of Object.entries(formats)) {
    const all = await bytes(made);
    for (const percent of [10, 50, 90]) {
      const end = Math.floor(all.length * percent / 100);
      files[`cut-${percent}.${format}`] = refused(all.slice(0, end), reason);
    }
  }
  files["cut-progressive.jpg"] = refused(
    (await bytes(whole.clone().jpeg({ progressive: true }))).slice(0, -1000),
    reason,
  );
  const broken = await bytes(whole.clone().png());
  broken[broken.length >> 1]! ^= 4;
  files["flipped.png"] = refused(broken, reason);
  // The data stops in the middle, and what follows is no data.
  const jpeg = await bytes(whole.clone().jpeg());
  jpeg.set([0xff, 0xd9], jpeg.length >> 1);
  files["ends-early.jpg"] = refused(jpeg, reason);
  // Ones alone (FF, stuffed): no code. Most other bits are codes of something.
  const ones = jpeg.slice();
  for (let i = jpeg.length >> 1; i < ones.length - 2; i++) {
    ones[i] = i % 2 === 0 ? 0xff : 0;
  }
  files["no-codes.jpg"] = refused(ones, reason);
  return files;
}

/** Every file by its name; the names are images' by their endings. */
export async function corpus(): Promise<Record<string, CorpusFile>> {
  return {
    ...await goodFiles(),
    ...bombs(),
    ...strangers(),
    ...await damaged(),
  };
}
