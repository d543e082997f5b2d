/** @file How the samples of a file become the channels of an image: what the user says, and what is refused without it. */
import { counted } from "../counted.ts";
import { bandText, type Facts, sampleText } from "./formats/raster.ts";

/** What a pipeline says about its files. */
export interface Reading {
  /** Samples that become black and white; `full` for all that their type can be. */
  readonly range?: readonly [number, number] | "full" | undefined;
  /** Bands to take, counted from 1, in this order. */
  readonly bands?: readonly number[] | undefined;
  /** Which image of a file with several, counted from 1. */
  readonly page?: number | undefined;
}

/** A whole file that only a setting can make an image of. */
export class UnsettledError extends Error {
  /** @param cure What to write, for messages. */
  constructor(message: string, readonly cure: string) {
    super(message);
  }
}

/** A number as people write it. */
const short = (value: number): string =>
  String(Number.isInteger(value) ? value : Number(value.toPrecision(6)));

/** A range as a pipeline writes it. */
export const rangeText = ([low, high]: readonly [number, number]): string =>
  `[${short(low)}, ${short(high)}]`;

/** Ranges that instruments and programs use, the narrowest first. */
const USUAL = [1, 255, 1023, 4095, 16383, 65535] as const;

/** The usual range around what a file has, or just that. */
export function usualRange(
  [low, high]: readonly [number, number],
): readonly [number, number] {
  const most = USUAL.find((value) => low >= 0 && high <= value);
  return most === undefined ? [low, high] : [0, most];
}

/** Least and largest value that samples can have; `undefined` for floats. */
function fullRange(facts: Facts): readonly [number, number] | undefined {
  const { bits, type, full } = facts;
  if (full) return full;
  if (type === "float") return undefined;
  if (type === "truth") return [0, 1];
  return type === "signed"
    ? [-(2 ** (bits - 1)), 2 ** (bits - 1) - 1]
    : [0, 2 ** bits - 1];
}

/** Whether samples have one meaning: 8 bits from black to white. */
export const isOrdinary = ({ bits, type, full }: Facts): boolean =>
  (type === "unsigned" && bits <= 8 && !full) || type === "truth";

/**
 * What becomes black and white.
 *
 * @param found Least and largest sample of the file, where they are known.
 * @throws {UnsettledError} When nobody says.
 */
export function rangeOf(
  facts: Facts,
  { range }: Reading,
  found?: readonly [number, number],
): readonly [number, number] {
  const full = fullRange(facts);
  const what = `it has ${sampleText(facts)} samples`;
  if (range === undefined) {
    if (isOrdinary(facts) && full) return full;
    const { window } = facts;
    const example = window ?? (found && usualRange(found)) ?? full ?? [0, 1];
    throw new UnsettledError(
      `${what}${
        found ? ` from ${short(found[0])} to ${short(found[1])}` : ""
      }, and nothing says which of them are black and white`,
      `Set "range" under "data" to the same two values for all images, such as range: ${
        rangeText(example)
      }${window ? " (this file's window)" : ""}${
        full ? `, or range: full for ${rangeText(full)}` : ""
      }.`,
    );
  }
  if (range === "full") {
    if (full) return full;
    throw new UnsettledError(
      `${what}, of which there is no fullest range`,
      `Set "range" under "data" to two values, such as range: ${
        rangeText(usualRange(found ?? [0, 1]))
      }.`,
    );
  }
  if (full && (range[0] < full[0] || range[1] > full[1])) {
    throw new UnsettledError(
      `${what}, which can be ${rangeText(full)} only, and range is ${
        rangeText(range)
      }`,
      `Change "range" under "data", or keep images with other samples in a place of their own.`,
    );
  }
  return range;
}

/** Bands of a file by place, counted from 0; `luma` and `gray` where they have to be made. */
export type Bands =
  | { readonly kind: "taken"; readonly places: readonly number[] }
  | { readonly kind: "luma" }
  | { readonly kind: "gray" };

/**
 * Which bands become the channels.
 *
 * @throws {UnsettledError} When they do not fit.
 */
export function bandsOf(
  facts: Facts,
  { bands }: Reading,
  channels: number,
): Bands {
  const { bands: all, alpha } = facts;
  if (bands) {
    const beyond = bands.find((band) => band > all);
    if (beyond === undefined) {
      return { kind: "taken", places: bands.map((band) => band - 1) };
    }
    throw new UnsettledError(
      `it has ${counted(all, "band")}, and "bands" asks for band ${beyond}`,
      `Change "bands" under "data"; the first band is 1.`,
    );
  }
  const colours = all - Number(alpha ?? false);
  if (colours === channels) {
    return { kind: "taken", places: Array.from({ length: all }, (_, i) => i) };
  }
  if (colours === 1 && channels === 3) return { kind: "gray" };
  if (colours === 3 && channels === 1) return { kind: "luma" };
  const some = Array.from(
    { length: Math.min(channels, colours) },
    (_, i) => i + 1,
  );
  throw new UnsettledError(
    `it has ${bandText(facts)}, and ${
      counted(channels, "channel is", "channels are")
    } asked for`,
    `Set "channels" under "data" to ${colours} for all bands, or say which ones, such as bands: [${
      some.join(", ")
    }].`,
  );
}

/**
 * Which image of a file is read, counted from 1.
 *
 * @throws {UnsettledError} When there are several and nobody says which.
 */
export function pageOf(
  { pages, format }: Pick<Facts, "pages" | "format">,
  { page }: Reading,
): number {
  if (page !== undefined) {
    // Frames of an animation are not counted: libvips knows which there are.
    if (page <= pages || ANIMATIONS.includes(format)) return page;
    throw new UnsettledError(
      `it has ${counted(pages, "page")}, and "page" asks for page ${page}`,
      `Change "page" under "data"; the first page is 1.`,
    );
  }
  if (pages <= 1 || ANIMATIONS.includes(format)) return 1;
  throw new UnsettledError(
    `it has ${pages} pages, and one image is expected`,
    `Say which one, such as page: 1 under "data", or save each page as a file.`,
  );
}

/** Formats whose pages follow each other in time: the first stands for all. */
export const ANIMATIONS: readonly string[] = ["GIF", "WebP"];
