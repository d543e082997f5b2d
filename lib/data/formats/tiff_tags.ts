/** @file The tags of a TIFF, read without touching its pixels (TIFF 6.0; BigTIFF). */

/** One image of a file: numbers by tag. */
export interface TiffPage {
  readonly tags: ReadonlyMap<number, readonly number[]>;
  /** The directory's entries as bytes, by tag. */
  readonly entries: ReadonlyMap<number, Uint8Array>;
}

/** Where things are in the two kinds of TIFF. */
interface Kind {
  readonly big: boolean;
  readonly little: boolean;
  /** Bytes of an entry, of the number of entries and of an offset. */
  readonly entry: number;
  readonly counter: number;
  readonly offset: number;
}

/** A file's directories. */
export interface Tiff {
  readonly kind: Kind;
  readonly pages: readonly TiffPage[];
}

/** Tags by the names that TIFF 6.0 gives them. */
export const TAG = {
  subfile: 254,
  width: 256,
  height: 257,
  bits: 258,
  compression: 259,
  photometric: 262,
  offsets: 273,
  orientation: 274,
  samples: 277,
  counts: 279,
  planar: 284,
  tileWidth: 322,
  tileHeight: 323,
  tileOffsets: 324,
  tileCounts: 325,
  extra: 338,
  format: 339,
  /** GDAL_NODATA, a text. */
  nodata: 42113,
} as const;

/** Bytes of the types whose values are whole numbers, or characters. */
const SIZES: Readonly<Record<number, number>> = {
  1: 1,
  2: 1,
  3: 2,
  4: 4,
  13: 4,
  16: 8,
};
const MOST_PAGES = 10_000;
const MOST_VALUES = 4_000_000;
const CUT_OFF = "its directory lies beyond its end: it is cut off or damaged";

const viewOf = ({ buffer, byteOffset, byteLength }: Uint8Array): DataView =>
  new DataView(buffer, byteOffset, byteLength);

function kindOf(bytes: Uint8Array): Kind | undefined {
  const little = bytes[0] === 0x49 && bytes[1] === 0x49;
  if (!little && !(bytes[0] === 0x4d && bytes[1] === 0x4d)) return undefined;
  const version = little ? bytes[2] : bytes[3];
  const other = little ? bytes[3] : bytes[2];
  if (other !== 0 || (version !== 42 && version !== 43)) return undefined;
  return version === 43
    ? { big: true, little, entry: 20, counter: 8, offset: 8 }
    : { big: false, little, entry: 12, counter: 2, offset: 4 };
}

/** Whether bytes begin as a TIFF does. */
export const isTiff = (bytes: Uint8Array): boolean =>
  kindOf(bytes) !== undefined;

/** A whole number of 1, 2, 4 or 8 bytes. */
function read(view: DataView, at: number, size: number, little: boolean) {
  if (at < 0 || at + size > view.byteLength) throw new Error(CUT_OFF);
  if (size === 8) return Number(view.getBigUint64(at, little));
  if (size === 4) return view.getUint32(at, little);
  return size === 2 ? view.getUint16(at, little) : view.getUint8(at);
}

/** Numbers that may still be read: directories can point at the same ones again and again. */
interface Budget {
  left: number;
}

/** The whole numbers of an entry; none where it holds something else. */
function numbersOf(
  view: DataView,
  at: number,
  kind: Kind,
  budget: Budget,
): number[] {
  const { little, offset } = kind;
  const size = SIZES[read(view, at + 2, 2, little)];
  const count = read(view, at + 4, offset, little);
  if (size === undefined) return [];
  budget.left -= count;
  if (budget.left < 0) throw new Error("its directories have no end");
  const inline = at + 4 + offset;
  const from = size * count <= offset
    ? inline
    : read(view, inline, offset, little);
  return Array.from(
    { length: count },
    (_, i) => read(view, from + i * size, size, little),
  );
}

/** Tags whose values lie elsewhere and are not asked for are not followed. */
const ASKED: ReadonlySet<number> = new Set(Object.values(TAG));

/**
 * Reads every directory of a file.
 *
 * @throws {Error} When it is not a TIFF, or its directories cannot be read.
 */
export function readTiff(bytes: Uint8Array): Tiff {
  const kind = kindOf(bytes);
  if (!kind) throw new Error("it is not a TIFF");
  const { little, counter, entry, offset } = kind;
  const view = viewOf(bytes);
  const pages: TiffPage[] = [];
  const seen = new Set<number>();
  const budget = { left: MOST_VALUES };
  let at = read(view, kind.big ? 8 : 4, offset, little);
  while (at !== 0) {
    if (seen.has(at) || pages.length >= MOST_PAGES) {
      throw new Error("its directories form a loop");
    }
    seen.add(at);
    const count = read(view, at, counter, little);
    const start = at + counter;
    if (count === 0 || start + count * entry > bytes.length) {
      throw new Error(CUT_OFF);
    }
    const tags = new Map<number, readonly number[]>();
    const entries = new Map<number, Uint8Array>();
    for (let i = 0; i < count; i++) {
      const place = start + i * entry;
      const tag = read(view, place, 2, little);
      entries.set(tag, bytes.subarray(place, place + entry));
      if (ASKED.has(tag)) tags.set(tag, numbersOf(view, place, kind, budget));
    }
    pages.push({ tags, entries });
    at = read(view, start + count * entry, offset, little);
  }
  if (pages.length === 0) throw new Error("it holds no image");
  return { kind, pages };
}

/** A number of a page. */
export const tagOf = (
  { tags }: TiffPage,
  name: keyof typeof TAG,
  otherwise: number,
): number => tags.get(TAG[name])?.[0] ?? otherwise;

/** Where tags that say how pixels are stored end; colour maps and JPEG tables among them. */
const PIXEL_TAGS: readonly (readonly [number, number])[] = [
  [254, 266],
  [273, 274],
  [277, 279],
  [284, 284],
  [292, 293],
  [301, 301],
  [317, 322],
  [322, 347],
  [512, 532],
  [34675, 34675],
];

/**
 * The file with a first directory that holds nothing but what pixels need, in
 * the order that TIFF asks for: what is wrong with anything else (dates, names,
 * places on the earth) is gone, what is wrong with pixels is not.
 */
export function pixelsOnly(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const { kind, pages: [page] } = readTiff(bytes);
  const { little, counter, entry, offset } = kind;
  const kept = [...page?.entries ?? []]
    .filter(([tag]) =>
      PIXEL_TAGS.some(([from, to]) => tag >= from && tag <= to)
    )
    .sort(([a], [b]) => a - b);
  const start = bytes.length + bytes.length % 2;
  const size = counter + kept.length * entry + offset;
  const result = new Uint8Array(start + size);
  result.set(bytes);
  kept.forEach(([, raw], i) => result.set(raw, start + counter + i * entry));
  const view = viewOf(result);
  if (kind.big) {
    view.setBigUint64(8, BigInt(start), little);
    view.setBigUint64(start, BigInt(kept.length), little);
  } else {
    view.setUint32(4, start, little);
    view.setUint16(start, kept.length, little);
  }
  return result;
}
