/** @file libvips at work, through sharp: opened files, their pixels, and what it says about bad ones. */
import type { Buffer } from "node:buffer";
import type { default as Sharp, Sharp as Image } from "sharp";
import type { FileFacts } from "./formats/files.ts";
import { isJpeg, withoutStrays } from "./formats/jpeg.ts";
import { otherFormat } from "./formats/other.ts";
import { MOST_PIXELS, type Raster } from "./formats/raster.ts";
import { isTiff, pixelsOnly } from "./formats/tiff_tags.ts";
import type { Channels } from "./samples.ts";
import type { ImageShape } from "./source.ts";

/**
 * Readers of libvips that may look at a file. What a file is, is told by its
 * bytes and not by its name: without this list, an SVG that is called `.png`
 * would be drawn, and whatever else libvips was built with would be tried.
 */
const READERS = ["Jpeg", "Png", "WebP", "Webp", "Nsgif", "Tiff", "Heif"].map((
  name,
) => `VipsForeignLoad${name}`);

let loaded: Promise<typeof Sharp> | undefined;

/** sharp is native code: commands that decode nothing need not load it. */
export function decoder(): Promise<typeof Sharp> {
  loaded ??= import("sharp").then(({ default: sharp }) => {
    sharp.cache(false);
    // Images are decoded side by side: threads within one only get in the way.
    sharp.concurrency(1);
    sharp.block({ operation: ["VipsForeignLoad"] });
    sharp.unblock({ operation: READERS });
    return sharp;
  });
  return loaded;
}

/** Facts from libvips, of files that we know no better. */
export async function otherFacts(bytes: Uint8Array): Promise<FileFacts> {
  const other = otherFormat(bytes);
  if (other) throw new Error(other);
  const sharp = await decoder();
  const {
    format,
    compression,
    width,
    height,
    channels,
    hasAlpha,
    bitsPerSample = 8,
  } = await sharp(bytes, { limitInputPixels: MOST_PIXELS, pages: 1 })
    .metadata().catch(explain);
  return {
    format: compression === "av1" ? "AVIF" : format?.toUpperCase() ?? "image",
    width: width ?? 0,
    height: height ?? 0,
    bands: channels ?? 0,
    bits: 8,
    type: "unsigned",
    alpha: hasAlpha ?? false,
    pages: 1,
    by: "libvips",
    ...(bitsPerSample > 8
      ? { remark: `${bitsPerSample} bits of a sample, of which 8 are kept` }
      : {}),
  };
}

/** Copies of a file without what decoders remark on and pixels do not need. */
function withoutRemarks(bytes: Uint8Array): Uint8Array | undefined {
  if (isTiff(bytes)) return pixelsOnly(bytes);
  return isJpeg(bytes) ? withoutStrays(bytes) : undefined;
}

/**
 * Decodes a file; where that fails, once more without what has nothing to do
 * with its pixels. If it fails then, the pixels are damaged.
 */
export async function tolerant<T>(
  bytes: Uint8Array,
  decode: (bytes: Uint8Array) => Promise<T>,
): Promise<T> {
  try {
    return await decode(bytes);
  } catch (error) {
    const bare = withoutRemarks(bytes);
    if (!bare) throw error;
    try {
      return await decode(bare);
    } catch {
      throw error;
    }
  }
}

export async function open(
  bytes: Uint8Array,
  { directory = 0 }: Pick<FileFacts, "directory">,
): Promise<Image> {
  const sharp = await decoder();
  return sharp(bytes, {
    failOn: "warning",
    limitInputPixels: MOST_PIXELS,
    page: directory,
    pages: 1,
  }).rotate();
}

/** Fitted to a shape, in 8-bit colours or gray. */
export async function pixelsOf(
  image: Image,
  { height, width, channels }: ImageShape,
): Promise<Uint8Array> {
  const { data, info } = await image
    .resize(width, height, { fit: "cover", kernel: "linear" })
    .toColourspace(channels === 1 ? "b-w" : "srgb")
    .raw({ depth: "uchar" })
    .toBuffer({ resolveWithObject: true }).catch(explain);
  if (info.channels === channels) return new Uint8Array(data);
  if (info.channels === 1 && channels === 3) {
    const wide = new Uint8Array(data.length * 3);
    data.forEach((value, i) => wide.fill(value, 3 * i, 3 * i + 3));
    return wide;
  }
  throw new Error(`it has ${info.channels} channels, expected ${channels}`);
}

/** Samples as libvips has them, in 8 or 16 bits. */
export async function decodeRaw(
  bytes: Uint8Array,
  facts: FileFacts,
): Promise<Raster> {
  return await rawOf(await open(bytes, facts), facts);
}

export async function rawOf(image: Image, facts: FileFacts): Promise<Raster> {
  const deep = facts.bits > 8;
  const space = facts.bands < 3 ? "grey16" : "rgb16";
  const { data, info } =
    await (deep ? image.pipelineColourspace(space).toColourspace(space) : image)
      .raw({ depth: deep ? "ushort" : "uchar" })
      .toBuffer({ resolveWithObject: true }).catch(explain);
  const { width, height, channels: bands } = info;
  const alpha = facts.alpha === true && (bands === 2 || bands === 4);
  const samples = deep
    ? new Uint16Array(data.buffer, data.byteOffset, data.length / 2)
    : data;
  return { ...facts, width, height, bands, alpha, orientation: 1, samples };
}

/** Channels fitted to a shape, one by one where they are no colours. */
export async function fit(
  { width, height, channels, pixels }: Omit<Channels, "clipped">,
  shape: ImageShape,
): Promise<Uint8Array> {
  const sharp = await decoder();
  const raw = (data: Uint8Array, channels: 1 | 3): Image =>
    sharp(data, {
      raw: { width, height, channels },
      limitInputPixels: MOST_PIXELS,
    });
  const colours = channels === 1 || channels === 3;
  if (colours && (shape.channels === 1 || shape.channels === 3)) {
    return await pixelsOf(raw(pixels, channels), shape);
  }
  const area = shape.height * shape.width;
  const result = new Uint8Array(area * channels);
  for (let c = 0; c < channels; c++) {
    const band = Uint8Array.from(
      { length: width * height },
      (_, i) => pixels[i * channels + c] as number,
    );
    const fitted = await pixelsOf(raw(band, 1), { ...shape, channels: 1 });
    fitted.forEach((value, i) => result[i * channels + c] = value);
  }
  return result;
}

/** Lines of sharp and libvips that do not say what is wrong with an image. */
const NO_REASON = /^source: bad seek|^Warning treated as error/;

/** What they say of images that are not damaged, and what it means. */
const PLAINER: readonly (readonly [RegExp, string])[] = [
  [
    /unsupported image format/,
    "its bytes are of none of the formats that are read",
  ],
  [/bad page number/, 'it has fewer pages than "page" under "data" asks for'],
];

/**
 * One line of what libvips said: it adds up what its readers complain of, and
 * decoders at work side by side at times lose their reasons.
 */
export function explain(error: unknown): never {
  if (!(error instanceof Error)) throw error;
  const line = error.message.split("\n").map((text) => text.trim())
    .find((text) => text && !NO_REASON.test(text)) ?? "";
  const plainer = PLAINER.find(([pattern]) => pattern.test(error.message));
  throw new Error(
    plainer
      ? plainer[1]
      : !line || /unknown error/i.test(line)
      ? "it is damaged or cut off"
      : line.replace(/[:.]$/, "").replace(
        /^Input buffer has corrupt header(?:: (.*))?/,
        (_, reason?: string) =>
          `its header is damaged${reason ? ` (${reason})` : ""}`,
      ),
  );
}

/** Pixels of a whole image, as it is, in 8-bit gray. */
export async function decodeGray(
  bytes: Uint8Array,
): Promise<{ data: Uint8Array; width: number; height: number }> {
  const sharp = await decoder();
  const { data, info } = await sharp(bytes, { failOn: "error" })
    .toColourspace("b-w").raw({ depth: "uchar" })
    .toBuffer({ resolveWithObject: true });
  if (info.channels !== 1) throw new Error("it is not a gray image");
  return { data: new Uint8Array(data), width: info.width, height: info.height };
}

/** Pixels as a PNG; of more bands than colours the first is shown. */
export async function encodePng(
  pixels: Uint8Array,
  { width, height, channels }: ImageShape,
): Promise<Buffer> {
  const sharp = await decoder();
  const colours = channels === 1 || channels === 3;
  const shown = colours ? pixels : pixels.filter((_, i) => i % channels === 0);
  const raw = { width, height, channels: channels === 3 ? 3 : 1 } as const;
  return await sharp(shown, { raw }).png().toBuffer();
}
