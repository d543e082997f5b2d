/** @file Rows of images that are too large to be decoded whole. */
import { isEasy } from "./decode.ts";
import { factsOf, type FileFacts, readRaster } from "./formats/files.ts";
import { checkPixels } from "./formats/raster.ts";
import { checkWhole, isTiff } from "./formats/tiff.ts";
import { decoder, explain, otherFacts, rawOf, tolerant } from "./libvips.ts";
import { bandsOf, pageOf, rangeOf, type Reading } from "./reading.ts";
import { type Channels, toChannels } from "./samples.ts";
import type { Sharp as Image } from "sharp";

/** Rows of an image as it is stored. */
export interface Strip {
  readonly top: number;
  readonly height: number;
}

/** What an image is that is read in strips, however large. @throws {Error} */
export async function stripFacts(
  bytes: Uint8Array,
  channels: number,
  reading: Reading,
): Promise<FileFacts> {
  const facts = await factsOf(bytes, reading) ?? await otherFacts(bytes);
  if (facts.refused) throw new Error(facts.refused);
  pageOf(facts, reading);
  if (isEasy(facts, reading, channels)) return facts;
  bandsOf(facts, reading, channels);
  rangeOf(facts, reading);
  return facts;
}

/**
 * The channels of some rows, in 8 bits. The orientation in EXIF is not
 * applied.
 *
 * @throws {Error} When they cannot be read.
 */
export async function decodeStrip(
  bytes: Uint8Array,
  facts: FileFacts,
  channels: number,
  reading: Reading,
  { top, height }: Strip,
): Promise<Omit<Channels, "clipped">> {
  const { width } = facts;
  checkPixels({ ...facts, height });
  if (isTiff(bytes)) checkWhole(bytes, facts.directory ?? 0);
  if (facts.by !== "libvips") {
    const raster = await readRaster(bytes, facts, pageOf(facts, reading), {
      top,
      height,
    });
    return toChannels({ ...raster, orientation: 1 }, reading, channels);
  }
  const sharp = await decoder();
  const input = (bytes: Uint8Array): Image =>
    sharp(bytes, {
      failOn: "warning",
      limitInputPixels: false,
      page: facts.directory ?? 0,
      pages: 1,
    }).extract({ left: 0, top, width, height });
  if (!isEasy(facts, reading, channels)) {
    const raster = await tolerant(
      bytes,
      (bytes) => rawOf(input(bytes), facts),
    );
    return toChannels(raster, reading, channels);
  }
  const { data, info } = await tolerant(
    bytes,
    (bytes) =>
      input(bytes).flatten({ background: "black" })
        .toColourspace(channels === 1 ? "b-w" : "srgb")
        .raw({ depth: "uchar" }).toBuffer({ resolveWithObject: true })
        .catch(explain),
  );
  return { width, height, channels: info.channels, pixels: data };
}
