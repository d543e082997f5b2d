/** @file TIFF: what its samples are, and those that libvips does not read or would guess at. */
import { checkPixels, type Facts, MOST_PIXELS, type Raster } from "./raster.ts";
import {
  isTiff,
  readTiff,
  TAG,
  tagOf,
  type Tiff,
  type TiffPage,
} from "./tiff_tags.ts";

export { isTiff };

/** Samples that a colour takes, by PhotometricInterpretation. */
const COLOURS: Readonly<Record<number, number>> = {
  0: 1,
  1: 1,
  2: 3,
  3: 1,
  5: 4,
  6: 3,
};
/** Colours that are not read, or in 8 bits only, by PhotometricInterpretation. */
const NAMED: Readonly<Record<number, string>> = {
  3: "a palette",
  4: "a mask",
  5: "CMYK",
  6: "YCbCr",
  8: "CIELab",
  9: "ICCLab",
  10: "ITULab",
  32803: "the filters of a camera's sensor",
  34892: "linear raw",
};
/** Photometric interpretations whose samples can be taken as they are. */
const PLAIN: readonly number[] = [0, 1, 2];

const TYPES: Readonly<Record<number, Facts["type"]>> = {
  1: "unsigned",
  2: "signed",
  3: "float",
};

/** Facts of a page, with what decides who decodes it. */
export interface TiffFacts extends Facts {
  /** Whether libvips reads it as what it is: 8 bits, in colours that it knows. */
  readonly common: boolean;
  /** Which directory it is. */
  readonly directory: number;
}

/** Directories that are images, and no smaller copies or masks of one. */
const imagesOf = ({ pages }: Tiff): number[] => {
  const all = pages.map((_, i) => i);
  const whole = all.filter((i) =>
    (tagOf(pages[i] as TiffPage, "subfile", 0) & 0b101) === 0
  );
  return whole.length > 0 ? whole : all.slice(0, 1);
};

/**
 * What a TIFF is.
 *
 * @param page Counted from 1; the first by default.
 * @throws {Error} When it cannot be told, or there is no such page.
 */
export function tiffFacts(bytes: Uint8Array, page = 1): TiffFacts {
  const tiff = readTiff(bytes);
  const images = imagesOf(tiff);
  // Of a page that is not there nothing can be told but how many there are.
  const directory = images[page - 1] ?? images[0] ?? 0;
  const one = tiff.pages[directory] as TiffPage;
  const bands = tagOf(one, "samples", 1);
  const bits = one.tags.get(TAG.bits) ?? [1];
  const formats = one.tags.get(TAG.format) ?? [1];
  const extra = one.tags.get(TAG.extra) ?? [];
  const photometric = tagOf(one, "photometric", 1);
  const [depth = 1] = bits;
  const [format = 1] = formats;
  const type = TYPES[format === 4 ? 1 : format];
  const colours = COLOURS[photometric];
  const mixed = bits.some((one) => one !== depth) ||
    formats.some((one) => one !== format);
  const more = bands - (colours ?? bands);
  const alpha = more === 1 && extra.length === 1 &&
    (extra[0] === 1 || extra[0] === 2);
  const common = !mixed && type === "unsigned" && depth <= 8 &&
    colours !== undefined && (more === 0 || alpha);
  const refused = mixed
    ? `its bands have different samples (${bits.join(", ")} bits)`
    : type === undefined
    ? "its samples are complex numbers"
    : !common && !PLAIN.includes(photometric)
    ? `its colours are ${NAMED[photometric] ?? "not known"} in ${depth} bits (${
      colours ? "read in 8 bits only" : "not read"
    }; photometric interpretation ${photometric}): convert it to RGB`
    : undefined;
  const nodata = String.fromCharCode(...one.tags.get(TAG.nodata) ?? [])
    .replace(/\0.*$/s, "").trim();
  const remark = photometric === 5
    ? "CMYK, turned into colours"
    : nodata
    ? `${nodata} is declared as no data, and counts as a sample like others`
    : undefined;
  return {
    format: "TIFF",
    width: tagOf(one, "width", 0),
    height: tagOf(one, "height", 0),
    bands,
    bits: depth,
    type: type ?? "float",
    alpha,
    premultiplied: alpha && extra[0] === 1,
    pages: images.length,
    inverted: photometric === 0,
    orientation: tagOf(one, "orientation", 1),
    common,
    directory,
    ...(remark ? { remark } : {}),
    ...(refused ? { refused } : {}),
  };
}

/** @throws {Error} When pixels of a page lie beyond the end of the file. */
export function checkWhole(bytes: Uint8Array, directory: number): void {
  const page = readTiff(bytes).pages[directory];
  const list = (tag: number): readonly number[] => page?.tags.get(tag) ?? [];
  const tiled = list(TAG.tileOffsets).length > 0;
  const offsets = list(tiled ? TAG.tileOffsets : TAG.offsets);
  const counts = list(tiled ? TAG.tileCounts : TAG.counts);
  const tile = (list(TAG.tileWidth)[0] ?? 0) * (list(TAG.tileHeight)[0] ?? 0);
  if (tiled && !(tile > 0 && tile <= MOST_PIXELS)) {
    throw new Error(`its tiles have ${tile} pixels`);
  }
  const outside = offsets.some((at, i) => at + (counts[i] ?? 0) > bytes.length);
  if (offsets.length === 0 || outside) {
    throw new Error("it is damaged or cut off: pixels lie beyond its end");
  }
}

/**
 * The samples of a page, or of some rows of it, as they are.
 *
 * @throws {Error} When they cannot be read.
 */
export async function readTiffRaster(
  bytes: Uint8Array,
  page = 1,
  rows?: { readonly top: number; readonly height: number },
): Promise<Raster> {
  const whole = tiffFacts(bytes, page);
  if (page > whole.pages) {
    throw new Error(`it has ${whole.pages} page(s), and no page ${page}`);
  }
  if (whole.refused) throw new Error(whole.refused);
  const { width } = whole;
  const top = rows?.top ?? 0;
  const height = rows?.height ?? whole.height;
  const facts = { ...whole, height };
  checkPixels(facts);
  checkWhole(bytes, facts.directory);
  const { fromArrayBuffer } = await import("geotiff");
  const copy = new Uint8Array(bytes);
  try {
    const tiff = await fromArrayBuffer(copy.buffer);
    const image = await tiff.getImage(facts.directory);
    const samples = await image.readRasters({
      interleave: true,
      window: [0, top, width, top + height],
    });
    if (samples.length !== facts.width * facts.height * facts.bands) {
      throw new Error("samples are missing");
    }
    return { ...facts, samples: samples as unknown as ArrayLike<number> };
  } catch (error) {
    throw new Error(
      `it is damaged, or packed in a way that is not known (${
        error instanceof Error ? error.message : error
      })`,
    );
  }
}
