/** @file `similar RUN IMAGES...`: nearest images and near-duplicates. */
import { resolve } from "node:path";
import { counted } from "../counted.ts";
import type { LooseImages } from "../data/loose.ts";
import { Encoder, type EncoderOptions } from "../encoder/encoder.ts";
import { type Features, gatherFeatures } from "../evaluate/features.ts";
import { type IndexOptions, nearestByIndex } from "../similar/index_search.ts";
import { nearestOf, type Neighbours, pairsOf } from "../similar/neighbours.ts";
import { sheetHtml, type SheetRow } from "../similar/sheet.ts";
import { encoderLine, imagesLine, warnOfSkipped } from "./encoder_words.ts";
import { EXIT, type ExitCode } from "./exit.ts";
import { integer, percent } from "./format.ts";
import { interruptible } from "./interrupt.ts";
import { announceModule } from "./modules.ts";
import { checkNew, writeNew } from "./new_file.ts";
import { processTerminal } from "./reporter.ts";
import { table } from "./table.ts";

/** Options of the command. */
export interface SimilarCommand extends EncoderOptions {
  /** An image that the others are compared with. */
  readonly query?: string;
  /** Nearest images that are shown. */
  readonly k: number;
  /** From this similarity on, two images are near-duplicates. */
  readonly duplicates: number;
  readonly out?: string;
  readonly force?: boolean;
}

/** Of more than these an index finds the neighbours: comparing all takes hours. */
const MOST_COMPARED = 100_000;
/** Rows of the table, and of the page. */
const MOST_SHOWN = 20;
const MOST_ON_PAGE = 200;

/** The image of a row. */
const imageOf = ({ rows }: Features, row: number): number => rows?.[row] ?? row;

/** Stands for the image that is asked about. */
const QUERY = -1;

/** The images that are the most like the one that is asked about. */
function queryRows(
  found: Neighbours,
  bank: Features,
  k: number,
  itself: (image: number) => boolean,
): SheetRow[] {
  const others = Array.from(found.rows.subarray(0, found.k), (row, i) => ({
    image: imageOf(bank, row),
    similarity: found.similarity[i] as number,
  })).filter(({ image }) => !itself(image)).slice(0, k);
  return [{ image: QUERY, others }];
}

const duplicateRows = (
  found: Neighbours,
  bank: Features,
  least: number,
): SheetRow[] =>
  pairsOf(found, least).map(({ a, b, similarity }) => ({
    image: imageOf(bank, a),
    others: [{ image: imageOf(bank, b), similarity }],
  }));

/** Neighbours by an index; says how many of them it finds. */
async function indexed(
  encoder: Encoder,
  bank: Features,
  k: number,
  terminal: ReturnType<typeof processTerminal>,
  options: IndexOptions,
): Promise<Neighbours> {
  const { found, recall, asked } = await nearestByIndex(encoder, bank, k, {
    ...options,
    onProgress: (done) =>
      terminal.live(`Indexing ${integer(done)} of ${integer(bank.count)}`),
  });
  terminal.print(
    `Searched by an index, for more than ${
      integer(MOST_COMPARED)
    } images: it finds ${percent(recall)} of the ${
      k - 1
    } nearest (measured on ${asked} images, compared with all)`,
  );
  return found;
}

/** The rows as a table. */
function tableOf(
  rows: readonly SheetRow[],
  nameOf: (image: number) => string,
): string {
  const lines = rows.flatMap(({ image, others }) =>
    others.map((other) => [
      other.similarity.toFixed(4),
      nameOf(image),
      nameOf(other.image),
    ])
  );
  return table(
    [["similarity", "image", "is like"], ...lines.slice(0, MOST_SHOWN)],
    ["right", "left", "left"],
  );
}

/** Runs the command. */
export async function similar(
  run: string,
  places: readonly string[],
  { query, k, duplicates, out, force, ...options }: SimilarCommand,
): Promise<ExitCode> {
  if (out !== undefined) await checkNew(out, { force });
  const terminal = processTerminal();
  const encoder = await Encoder.open(run, {
    ...options,
    onModule: announceModule,
  });
  try {
    const done = await interruptible(terminal, async (signal) => {
      const found = await encoder.images(places, {
        onProgress: ({ task, done }) =>
          terminal.live(`${task}  ${integer(done)}`),
      });
      const { images } = found;
      terminal.print(imagesLine(found, places));
      terminal.print(encoderLine(encoder));
      const featuresOf = ({ images }: LooseImages): Promise<Features> =>
        gatherFeatures(images, encoder.embed(images, { signal }));
      const bank = await featuresOf(found);
      const one = query === undefined
        ? undefined
        : await encoder.images([query]);
      const asked = one && await featuresOf(one);
      const near = !asked && bank.count > MOST_COMPARED
        ? await indexed(encoder, bank, k + 1, terminal, {
          threads: options.threads,
          signal,
        })
        : await nearestOf(
          encoder,
          bank,
          asked ?? bank,
          // Each image, and one that is asked about, may find itself.
          k + 1,
          signal,
        );
      // Names of images begin at their folder, those of files where one stands.
      const [place = ""] = places;
      const base = (await Deno.stat(place)).isDirectory ? place : "";
      const itself = (image: number): boolean =>
        query !== undefined &&
        resolve(base, images.names[image] as string) === resolve(query);
      const rows = asked
        ? queryRows(near, bank, k, itself)
        : duplicateRows(near, bank, duplicates);
      const nameOf = (image: number): string =>
        image === QUERY ? query ?? "" : images.names[image] as string;
      warnOfSkipped(terminal, found.skipped, images.count - bank.count);
      const what = asked
        ? `The ${rows[0]?.others.length} images that are most like ${query}`
        : `${
          counted(rows.length, "pair")
        } of a similarity of ${duplicates} or more (cosine; --duplicates changes it)`;
      terminal.print(
        rows.length > 0 ? `\n${tableOf(rows, nameOf)}\n\n${what}` : what,
      );
      if (out === undefined) return true;
      const { width, height, channels } = images;
      const html = await sheetHtml({
        title: what,
        about: [encoderLine(encoder), imagesLine(found, places)],
        rows: rows.slice(0, MOST_ON_PAGE),
      }, {
        width,
        height,
        channels,
        nameOf,
        decode: async (image) =>
          image === QUERY
            ? await one?.images.decode(0)
            : await images.decode(image),
      });
      await writeNew(out, html);
      terminal.print(`Written to ${out}`);
      return true;
    });
    return done ? EXIT.success : EXIT.interrupted;
  } finally {
    encoder.close();
  }
}
