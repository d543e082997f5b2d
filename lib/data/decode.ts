/** @file Image files to pixels, by sharp. */
import type { default as Sharp } from "sharp";
import type { ImageShape } from "./source.ts";

/** Larger images are refused before they are decoded (a decompression bomb). */
const MOST_PIXELS = 100_000_000;

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

/**
 * Looks at the header of an image, without decoding it.
 *
 * @param bytes The file, or enough of its beginning.
 * @throws {Error} When it is no image, or one that is too large to decode.
 */
export async function checkHeader(bytes: Uint8Array): Promise<void> {
  const sharp = await decoder();
  await sharp(bytes, { limitInputPixels: MOST_PIXELS, pages: 1 }).metadata()
    .catch(explain);
}

/**
 * Decodes one image and fits it to a shape: the shorter side is resized to
 * the shape's, then the centre is cut out.
 *
 * The orientation in EXIF is applied, colours are converted to 8-bit sRGB
 * (CMYK and 16 bits too), transparency is laid over black, and of an
 * animation the first frame is taken.
 *
 * Damage that a decoder only warns of counts too: what it makes of it is a
 * wrong image.
 *
 * @param input A path, or the file's bytes.
 * @throws {Error} With sharp's reason, when it is not a whole image.
 */
export async function decodeImage(
  input: string | Uint8Array,
  { height, width, channels }: ImageShape,
): Promise<Uint8Array> {
  const sharp = await decoder();
  const image = sharp(input, {
    failOn: "warning",
    limitInputPixels: MOST_PIXELS,
    pages: 1,
  })
    .rotate()
    .flatten({ background: "black" })
    .resize(width, height, { fit: "cover", kernel: "linear" })
    .toColourspace(channels === 1 ? "b-w" : "srgb");
  const { data, info } = await image.raw({ depth: "uchar" }).toBuffer({
    resolveWithObject: true,
  }).catch(explain);
  if (info.channels === channels) return new Uint8Array(data);
  if (info.channels === 1 && channels === 3) {
    const wide = new Uint8Array(data.length * 3);
    data.forEach((value, i) => wide.fill(value, 3 * i, 3 * i + 3));
    return wide;
  }
  throw new Error(`it has ${info.channels} channels, expected ${channels}`);
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
