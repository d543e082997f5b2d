/** @file Image files to pixels: by libvips what it reads for what it is, sample by sample what it does not. */
import type { Buffer } from "node:buffer";
import type { default as Sharp, Sharp as Image } from "sharp";
import { factsOf, type FileFacts, readRaster } from "./formats/files.ts";
import { isJpeg, withoutStrays } from "./formats/jpeg.ts";
import {
  checkPixels,
  type Facts,
  MOST_PIXELS,
  type Raster,
} from "./formats/raster.ts";
import { checkWhole } from "./formats/tiff.ts";
import { isTiff, pixelsOnly } from "./formats/tiff_tags.ts";
import {
  bandsOf,
  isOrdinary,
  pageOf,
  rangeOf,
  type Reading,
} from "./reading.ts";
import { toChannels } from "./samples.ts";
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
function decoder(): Promise<typeof Sharp> {
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

/** What was seen of a file as it was read. */
export interface Seen {
  readonly facts: Facts;
  /** Share of its samples beyond the range, 0..1; 0 where it was not decoded. */
  readonly clipped: number;
}

/** Facts from libvips, of files that we know no better. */
async function otherFacts(bytes: Uint8Array): Promise<FileFacts> {
  const sharp = await decoder();
  const { format, width, height, channels, hasAlpha } = await sharp(bytes, {
    limitInputPixels: MOST_PIXELS,
    pages: 1,
  }).metadata().catch(explain);
  return {
    format: format?.toUpperCase() ?? "image",
    width: width ?? 0,
    height: height ?? 0,
    bands: channels ?? 0,
    bits: 8,
    type: "unsigned",
    alpha: hasAlpha ?? false,
    pages: 1,
    by: "libvips",
  };
}

/** Whether libvips gives what is asked for without further ado. */
function isEasy(
  facts: FileFacts,
  { bands, range }: Reading,
  channels: number,
): boolean {
  return facts.by === "libvips" && isOrdinary(facts) && !bands &&
    (range === undefined || range === "full") &&
    (channels === 1 || channels === 3);
}

/**
 * Looks at the header of an image, without decoding it.
 *
 * @param bytes The file, or enough of its beginning.
 * @throws {Error} When it is no image, or one that is too large to decode.
 * @throws {UnsettledError} When a setting is missing to read it.
 */
export async function checkHeader(
  bytes: Uint8Array,
  { channels }: Pick<ImageShape, "channels"> = { channels: 3 },
  reading: Reading = {},
): Promise<Facts> {
  const facts = await factsOf(bytes, reading) ?? await otherFacts(bytes);
  settle(facts, reading, channels);
  if (!isEasy(facts, reading, channels)) rangeOf(facts, reading);
  // libvips looks too: it knows more of what can be wrong with a header.
  if (facts.by === "libvips") await otherFacts(bytes);
  return facts;
}

/** Refuses what no setting says how to read. */
function settle(facts: FileFacts, reading: Reading, channels: number): void {
  if (facts.refused) throw new Error(facts.refused);
  checkPixels(facts);
  pageOf(facts, reading);
  if (isEasy(facts, reading, channels)) return;
  bandsOf(facts, reading, channels);
  // Without a range the values will say more, once they are known.
  if (reading.range !== undefined) rangeOf(facts, reading);
}

/**
 * Decodes one image and fits it to a shape: the shorter side is resized to
 * the shape's, then the centre is cut out.
 *
 * The orientation in EXIF is applied, colours are converted to 8-bit sRGB
 * (CMYK too), declared transparency is laid over black, and of an animation
 * the first frame is taken. Other samples than 8 bits, other bands than the
 * channels and several pages are read as `reading` says.
 *
 * Damage that a decoder only warns of counts too: what it makes of it is a
 * wrong image. What it remarks on things beside the pixels does not.
 *
 * @param bytes The file.
 * @param see Called with what the file is.
 * @throws {Error} With a reason, when it is not a whole image.
 * @throws {UnsettledError} When a setting is missing to read it.
 */
export async function decodeImage(
  bytes: Uint8Array,
  shape: ImageShape,
  reading: Reading = {},
  see: (seen: Seen) => void = () => {},
): Promise<Uint8Array> {
  const facts = await factsOf(bytes, reading) ?? await otherFacts(bytes);
  const { channels } = shape;
  settle(facts, reading, channels);
  // libvips takes zeros for what is missing.
  if (isTiff(bytes)) checkWhole(bytes, facts.directory ?? 0);
  if (isEasy(facts, reading, channels)) {
    const pixels = await tolerant(
      bytes,
      (input) => decodeEasy(input, shape, facts),
    );
    see({ facts, clipped: 0 });
    return pixels;
  }
  const raster = facts.by === "libvips"
    ? await tolerant(bytes, (input) => decodeRaw(input, facts))
    : await readRaster(bytes, facts, pageOf(facts, reading));
  const { clipped, ...image } = toChannels(raster, reading, channels);
  see({ facts, clipped });
  return await fit(image, shape);
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
async function tolerant<T>(
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

async function open(
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
async function pixelsOf(
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

async function decodeEasy(
  bytes: Uint8Array,
  shape: ImageShape,
  facts: FileFacts,
): Promise<Uint8Array> {
  const image = await open(bytes, facts);
  return await pixelsOf(image.flatten({ background: "black" }), shape);
}

/** Samples as libvips has them, in 8 or 16 bits. */
async function decodeRaw(
  bytes: Uint8Array,
  facts: FileFacts,
): Promise<Raster> {
  const image = await open(bytes, facts);
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
async function fit(
  { width, height, channels, pixels }: {
    readonly width: number;
    readonly height: number;
    readonly channels: number;
    readonly pixels: Uint8Array;
  },
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

/**
 * One line of what libvips said: it adds up what its readers complain of, and
 * decoders at work side by side at times lose their reasons.
 */
function explain(error: unknown): never {
  if (!(error instanceof Error)) throw error;
  const line = error.message.split("\n").map((text) => text.trim())
    .find((text) => text && !NO_REASON.test(text)) ?? "";
  throw new Error(
    !line || /unknown error/i.test(line)
      ? "it is damaged or cut off"
      : line.replace(/[:.]$/, ""),
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
