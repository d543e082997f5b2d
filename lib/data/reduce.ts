/**
 * @file Images made smaller and cropped, in the numbers of libvips'
 * `vips_reducev` and `vips_reduceh` with the linear kernel: positions to 1/64 of
 * a pixel, weights to 1/4096, 8 bits between the two passes. What sharp makes of
 * the same pixels is the same to the bit.
 */
import {
  BEYOND,
  ORDER_BYTES,
  orderOf,
  PAIR_BYTES,
  reduceLoops,
  reduceMemory,
} from "./reduce_wasm.ts";
import type { ImageShape } from "./source.ts";

/** Subdivisions of a pixel. */
const PLACES = 64;
const SHIFT = 12;
/** Rows that libvips makes at once; it adds up their positions from there on. */
const ROWS_AT_ONCE = 10;
/** From here on libvips averages whole pixels first. */
const MOST_SHRINK = 4;

/** How the values along one side come from those of the side before. */
interface Axis {
  readonly count: number;
  /** Values that each of them is made of, one after another: an even number. */
  readonly taps: number;
  /** First of them. */
  readonly first: Int32Array<ArrayBuffer>;
  /** Past the last one that has a weight. */
  readonly end: number;
  /** `[count, taps]`: their weights, in 1/4096. */
  readonly weights: Int32Array<ArrayBuffer>;
}

/** What of a side becomes how many values. */
interface Side {
  /** Pixels of it. */
  readonly size: number;
  /** Pixels that become one. */
  readonly shrink: number;
  /** First of the values that is kept. */
  readonly crop: number;
  readonly count: number;
  /** Values whose positions are added up from the first of them; 0 for all. */
  readonly stretch: number;
}

/** To the nearest whole number, halves to the even one. */
function even(value: number): number {
  const low = Math.floor(value);
  const rest = value - low;
  return rest > 0.5 || (rest === 0.5 && low % 2 === 1) ? low + 1 : low;
}

const nearest = (value: number): number => Math.floor(value + 0.5);

/** Weights at a place between two pixels, as `vips_reduce_make_mask` has them. */
function mask(points: number, shrink: number, place: number): Float64Array {
  const half = place + points / 2 - 1;
  const weights = new Float64Array(points);
  let sum = 0;
  for (let i = 0; i < points; i++) {
    const weight = Math.max(0, 1 - Math.abs((i - half) / shrink));
    weights[i] = weight;
    sum += weight;
  }
  return weights.map((weight) => Math.trunc(weight / sum * (1 << SHIFT)));
}

/** Positions of the values, in pixels. */
function positions({ size, shrink, crop, count, stretch }: Side): Float64Array {
  const extra = nearest(size / shrink) * shrink - size;
  const offset = (1 + extra) / 2 - 1;
  const at = (value: number): number => (value + 0.5) * shrink - 0.5 - offset;
  const result = new Float64Array(count);
  const start = stretch > 0 ? crop - crop % stretch : crop;
  let position = 0;
  for (let value = start; value < crop + count; value++) {
    const anew = value === start || (stretch > 0 && value % stretch === 0);
    position = anew ? at(value) : position + shrink;
    if (value >= crop) result[value - crop] = position;
  }
  return result;
}

function axisOf(side: Side): Axis {
  const { size, shrink, count } = side;
  const points = 2 * even(shrink) + 1;
  const before = Math.ceil(points / 2) - 1;
  const masks: (Float64Array | undefined)[] = [];
  const first = new Int32Array(count);
  const weights = new Int32Array(count * points);
  let taps = 0;
  let end = 0;
  positions(side).forEach((position, i) => {
    const middle = Math.trunc(position);
    const part = Math.trunc(position * PLACES * 2) & (2 * PLACES - 1);
    const place = (part + 1) >> 1;
    const own = masks[place] ??= mask(points, shrink, place / PLACES);
    let used = 0;
    for (let k = 0; k < points; k++) {
      const weight = own[k] as number;
      if (weight === 0) continue;
      // Beyond its edges an image goes on as it ends.
      const pixel = Math.min(size - 1, Math.max(0, middle + k - before));
      if (used === 0) first[i] = pixel;
      const tap = pixel - (first[i] as number);
      weights[i * points + tap] = (weights[i * points + tap] as number) +
        weight;
      used = tap + 1;
    }
    taps = Math.max(taps, used);
    end = Math.max(end, (first[i] as number) + used);
  });
  const paired = taps + taps % 2;
  return {
    count,
    taps: paired,
    first,
    end,
    weights: resized(weights, points, paired),
  };
}

/** The first values of each row, zeros behind them. */
function resized(
  values: Int32Array,
  from: number,
  to: number,
): Int32Array<ArrayBuffer> {
  const count = values.length / from;
  const result = new Int32Array(count * to);
  for (let i = 0; i < count; i++) {
    const row = values.subarray(i * from, i * from + Math.min(from, to));
    result.set(row, i * to);
  }
  return result;
}

type Size = Pick<ImageShape, "width" | "height">;

/** Pixels that become one: a scale and its inverse, as sharp and libvips hand it on. */
const shrinkOf = (width: number, height: number, to: Size): number =>
  1 / (1 / Math.min(width / to.width, height / to.height));

/** Whether an image covers a shape and is not much larger. */
export function isReducible(
  width: number,
  height: number,
  to: Size,
): boolean {
  const shrink = shrinkOf(width, height, to);
  return shrink >= 1 &&
    [width, height].every((side) =>
      side / nearest(side / shrink) < MOST_SHRINK
    );
}

/** Taps of an axis as the loops read them, `scale` bytes from a value to the next. */
function tableOf(
  { first, weights, taps }: Axis,
  scale: number,
  skip: number,
): Uint8Array<ArrayBuffer> {
  const table = new Int32Array(weights.length);
  for (let i = 0; i < weights.length; i += 2) {
    const value = (first[Math.trunc(i / taps)] as number) + i % taps;
    table[i] = (value - skip) * scale;
    const [one, other] = [weights[i], weights[i + 1]] as [number, number];
    table[i + 1] = one | (other << 16);
  }
  return new Uint8Array(table.buffer);
}

/** Tables of images with so many bands. */
interface Tables {
  readonly rows: Uint8Array<ArrayBuffer>;
  readonly columns: Uint8Array<ArrayBuffer>;
  readonly order: Uint8Array<ArrayBuffer>;
}

/** Images of one size made smaller until they just cover a shape, their middle cut out. */
export class Reduction {
  readonly #pitch: number;
  readonly #rows: Axis;
  readonly #columns: Axis;
  /** Columns that are read. */
  readonly #first: number;
  readonly #wide: number;
  /** By bands. */
  readonly #tables = new Map<number, Tables>();

  /**
   * Of images that are {@linkcode isReducible}.
   *
   * @param pitch Pixels from one row to the next, where that is more than the
   *   width.
   */
  constructor(width: number, height: number, to: Size, pitch = width) {
    const shrink = shrinkOf(width, height, to);
    const crop = (size: number, count: number): number =>
      (nearest(size / shrink) - count + 1) >> 1;
    this.#pitch = pitch;
    this.#rows = axisOf({
      size: height,
      shrink,
      crop: crop(height, to.height),
      count: to.height,
      stretch: ROWS_AT_ONCE,
    });
    this.#columns = axisOf({
      size: width,
      shrink,
      crop: crop(width, to.width),
      count: to.width,
      stretch: 0,
    });
    const { first, end } = this.#columns;
    this.#first = first.reduce((a, b) => Math.min(a, b));
    this.#wide = end - this.#first;
  }

  #tablesOf(bands: number): Tables {
    const known = this.#tables.get(bands);
    if (known) return known;
    const tables = {
      rows: tableOf(this.#rows, this.#pitch * bands, 0),
      columns: tableOf(this.#columns, bands, this.#first),
      order: orderOf(bands),
    };
    this.#tables.set(bands, tables);
    return tables;
  }

  /**
   * @param pixels `[height, pitch, bands]`, of at most 4 bands.
   * @returns `[height, width, bands]` of the shape.
   */
  apply(pixels: Uint8Array, bands: number): Uint8Array<ArrayBuffer> {
    const { rows, columns, order } = this.#tablesOf(bands);
    const line = this.#wide * bands;
    const width = this.#columns.count;
    const size = this.#rows.count * width * bands;
    const pitch = this.#pitch * bands;
    // One after another: tables, a row of values, the result, the pixels; a
    // tap without weight may be of a row behind them.
    const columnTable = rows.length;
    const orderAt = columnTable + columns.length;
    const row = orderAt + ORDER_BYTES;
    const result = row + line + BEYOND;
    const source = result + size + BEYOND;
    const memory = reduceMemory(source + pixels.length + pitch + BEYOND);
    memory.set(rows);
    memory.set(columns, columnTable);
    memory.set(order, orderAt);
    memory.set(pixels, source);
    const loops = reduceLoops();
    const from = source + this.#first * bands;
    const rowPairs = this.#rows.taps / 2 * PAIR_BYTES;
    const pairs = this.#columns.taps / 2 * PAIR_BYTES;
    for (let y = 0, to = result; y < this.#rows.count; y++) {
      loops.rows(y * rowPairs, (y + 1) * rowPairs, from, row, line, pitch);
      loops.columns(columnTable, pairs, row, to, width, bands, orderAt);
      to += width * bands;
    }
    return memory.slice(result, result + size);
  }
}
