/** @file What a file is, by its bytes and never by its name, and who reads its samples. */
import type { Reading } from "../reading.ts";
import { dicomFacts, isDicom, readDicom } from "./dicom.ts";
import { isNpy, npyFacts, readNpy } from "./npy.ts";
import { plainFacts } from "./plain.ts";
import type { Facts, Raster } from "./raster.ts";
import { isTiff, readTiffRaster, tiffFacts } from "./tiff.ts";

/** Who decodes a file. */
export type Decoder = "libvips" | "tiff" | "dicom" | "npy";

/** Facts of a file, and who decodes it. */
export interface FileFacts extends Facts {
  readonly by: Decoder;
  /** Which image of the file it is, as libvips counts. */
  readonly directory?: number;
}

interface Format {
  is(bytes: Uint8Array): boolean;
  facts(
    bytes: Uint8Array,
    reading: Reading,
  ): FileFacts | Promise<FileFacts>;
}

const FORMATS: readonly Format[] = [
  {
    is: isTiff,
    facts(bytes, { page }) {
      const { common, ...facts } = tiffFacts(bytes, page);
      return { ...facts, by: common ? "libvips" : "tiff" };
    },
  },
  {
    is: isDicom,
    facts: async (bytes, { page }) => ({
      ...await dicomFacts(bytes, page),
      by: "dicom",
    }),
  },
  { is: isNpy, facts: (bytes) => ({ ...npyFacts(bytes), by: "npy" }) },
];

/**
 * What a file's header tells; `undefined` where only libvips knows.
 *
 * @throws {Error} When the header is damaged, or there is no such page.
 */
export async function factsOf(
  bytes: Uint8Array,
  reading: Reading,
): Promise<FileFacts | undefined> {
  const format = FORMATS.find((one) => one.is(bytes));
  if (format) return await format.facts(bytes, reading);
  const plain = plainFacts(bytes);
  return plain && {
    ...plain,
    by: "libvips",
    directory: (reading.page ?? 1) - 1,
  };
}

/** Rows that are asked for. */
export interface RasterRows {
  readonly top: number;
  readonly height: number;
}

const READERS: Readonly<
  Record<
    Decoder,
    (
      bytes: Uint8Array,
      page: number,
      rows?: RasterRows,
    ) => Raster | Promise<Raster>
  >
> = {
  libvips: readTiffRaster,
  tiff: readTiffRaster,
  dicom: async (bytes, page, rows) => only(await readDicom(bytes, page), rows),
  npy: (bytes, _, rows) => only(readNpy(bytes), rows),
};

/** Some rows of an image. */
function only(raster: Raster, rows: RasterRows | undefined): Raster {
  if (!rows) return raster;
  const { width, bands, samples } = raster;
  const from = rows.top * width * bands;
  return {
    ...raster,
    height: rows.height,
    samples: Array.prototype.slice.call(
      samples,
      from,
      from + rows.height * width * bands,
    ),
  };
}

/** Samples of a file that libvips does not read, or some rows of them. @throws {Error} */
export const readRaster = async (
  bytes: Uint8Array,
  { by }: FileFacts,
  page: number,
  rows?: RasterRows,
): Promise<Raster> => await READERS[by](bytes, page, rows);
