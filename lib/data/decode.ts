/** @file Image files to pixels: by libvips what it reads for what it is, sample by sample what it does not. */
import { factsOf, type FileFacts, readRaster } from "./formats/files.ts";
import type { EngineJpegs } from "./engine_jpegs.ts";
import { plainFrame } from "./formats/jpeg_frame.ts";
import { checkPixels, type Facts, type Raster } from "./formats/raster.ts";
import { checkWhole, isTiff } from "./formats/tiff.ts";
import {
  decodeRaw,
  fit,
  open,
  otherFacts,
  pixelsOf,
  tolerant,
} from "./libvips.ts";
import {
  bandsOf,
  isOrdinary,
  pageOf,
  rangeOf,
  type Reading,
} from "./reading.ts";
import { toChannels } from "./samples.ts";
import type { ImageShape } from "./source.ts";

/** What was seen of a file as it was read. */
export interface Seen {
  readonly facts: Facts;
  /** Share of its samples beyond the range, 0..1; 0 where it was not decoded. */
  readonly clipped: number;
}

/** Who decodes, and when. */
export interface Means {
  /** The engine, for ordinary JPEGs. */
  readonly jpegs?: EngineJpegs | undefined;
  /** Waits for a turn of sharp's. */
  readonly slowly?: <T>(work: () => Promise<T>) => Promise<T>;
}

/** Whether libvips gives what is asked for without further ado. */
export function isEasy(
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
  // libvips looks too: it knows more of what can be wrong with a header. Of
  // ordinary JPEGs all of it has been read.
  if (facts.by === "libvips" && !plainFrame(bytes)) await otherFacts(bytes);
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
  { jpegs, slowly = (work) => work() }: Means = {},
): Promise<Uint8Array> {
  const facts = await factsOf(bytes, reading) ?? await otherFacts(bytes);
  const { channels } = shape;
  settle(facts, reading, channels);
  // libvips takes zeros for what is missing.
  if (isTiff(bytes)) checkWhole(bytes, facts.directory ?? 0);
  if (isEasy(facts, reading, channels)) {
    const pixels = await jpegs?.decode(bytes) ??
      await slowly(() =>
        tolerant(bytes, (input) => decodeEasy(input, shape, facts))
      );
    see({ facts, clipped: 0 });
    return pixels;
  }
  return await slowly(async () => {
    const raster = await rasterOf(bytes, facts, reading);
    const { clipped, ...image } = toChannels(raster, reading, channels);
    see({ facts, clipped });
    return await fit(image, shape);
  });
}

/** Samples of a file as it has them. @throws {Error} */
export const rasterOf = async (
  bytes: Uint8Array,
  facts: FileFacts,
  reading: Reading,
): Promise<Raster> =>
  facts.by === "libvips"
    ? await tolerant(bytes, (input) => decodeRaw(input, facts))
    : await readRaster(bytes, facts, pageOf(facts, reading));

async function decodeEasy(
  bytes: Uint8Array,
  shape: ImageShape,
  facts: FileFacts,
): Promise<Uint8Array> {
  const image = await open(bytes, facts);
  return await pixelsOf(image.flatten({ background: "black" }), shape);
}
