/** @file A part of the images to train on: a share of each class. */
import { chosenNames } from "./names.ts";
import { epochOrder } from "./shuffle.ts";
import {
  type Images,
  isInMemory,
  type LoadedData,
  type SourceDefinition,
} from "./source.ts";

/** Rows by class, in an order that depends on the draw alone. */
function byClass(labels: Int32Array, draw: number): number[][] {
  const rows = new Map<number, number[]>();
  for (const row of epochOrder(draw, 0, labels.length)) {
    const label = labels[row] as number;
    const own = rows.get(label);
    if (own) own.push(row);
    else rows.set(label, [row]);
  }
  return [...rows.values()];
}

const ascending = (rows: number[]): number[] => rows.sort((a, b) => a - b);

/**
 * So many rows of each class, or all of one that has fewer.
 *
 * @param draw Number of the draw, from 0.
 */
export const shots = (
  labels: Int32Array,
  count: number,
  draw: number,
): number[] =>
  ascending(byClass(labels, draw).flatMap((rows) => rows.slice(0, count)));

/** A share of each class, and at least one row of it. */
export const share = (
  labels: Int32Array,
  part: number,
  draw: number,
): number[] =>
  ascending(
    byClass(labels, draw).flatMap((rows) =>
      rows.slice(0, Math.max(1, Math.round(part * rows.length)))
    ),
  );

/** Some images of a set, ascending. */
function chosen(images: Images, rows: readonly number[]): Images {
  const { labels, classes, height, width, channels } = images;
  const info = {
    height,
    width,
    channels,
    count: rows.length,
    ...(labels
      ? { labels: Int32Array.from(rows, (row) => labels[row] as number) }
      : {}),
    ...(classes ? { classes } : {}),
  };
  if (isInMemory(images)) {
    const size = height * width * channels;
    const pixels = new Uint8Array(rows.length * size);
    rows.forEach((row, i) => {
      pixels.set(
        images.pixels.subarray(row * size, (row + 1) * size),
        i * size,
      );
    });
    return { ...info, pixels };
  }
  const places = Int32Array.from(rows);
  const { turns, contents, release, atOnce } = images;
  let kept = 0;
  return {
    ...info,
    names: chosenNames(images.names, places),
    ...(turns
      ? {
        turns: {
          ...turns,
          parts: turns.parts.map((start) => {
            while (kept < rows.length && (rows[kept] as number) < start) kept++;
            return kept;
          }),
        },
      }
      : {}),
    ...(contents === undefined ? {} : { contents: `${contents} ${rows}` }),
    decode: (image) => images.decode(rows[image] as number),
    ...(atOnce === undefined ? {} : { atOnce }),
    ...(release ? { release: () => release.call(images) } : {}),
  };
}

/** Images to train on, where they are known without loading any. */
export const knownImages = (
  { source, options, share: part }: {
    readonly source: SourceDefinition;
    readonly options: unknown;
    readonly share?: number;
  },
): number | undefined =>
  part === undefined || part === 1 ? source.trainImages?.(options) : undefined;

/**
 * Data of which a share of the images to train on is left: of each class, and
 * at least one; of images without labels, of all. The same ones for the same
 * seed. Images to test with stay.
 */
export function shareOf(
  data: LoadedData,
  part: number | undefined,
  seed: number,
): LoadedData {
  if (part === undefined || part === 1) return data;
  const { train } = data;
  const labels = train.labels ?? new Int32Array(train.count);
  const rows = share(labels, part, seed);
  return {
    ...data,
    train: chosen(train, rows),
    remarks: [
      ...data.remarks ?? [],
      `trained on ${rows.length} of ${train.count} images: ${100 * part} % of ${
        train.labels ? "each class" : "all"
      } (seed ${seed})`,
    ],
  };
}
