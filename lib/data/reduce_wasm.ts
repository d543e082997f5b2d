/**
 * @file The two inner loops of a reduction as a WebAssembly module, 16
 * values and one pixel at a time: JavaScript has no SIMD, and took longer for
 * them than libjpeg for all else. The module is written here op by op.
 *
 * Weighted sums of bytes, in 1/4096, by tables of pairs of taps that follow one
 * another: eight bytes each, where the first byte is (int32), and both weights
 * (int16). SIMD multiplies and adds such pairs in one op.
 */

/** Bytes of a pair of taps in a table. */
export const PAIR_BYTES = 8;
/** Loops read and write whole vectors: so much beyond an end has to be there. */
export const BEYOND = 16;
/** Bytes of the order in which `columns` takes pixels apart. */
export const ORDER_BYTES = 16;

/**
 * In which order the bytes of two pixels are multiplied: of each band that of
 * the one and of the other, as 16 bits.
 */
export const orderOf = (bands: number): Uint8Array<ArrayBuffer> =>
  Uint8Array.from(
    { length: ORDER_BYTES },
    (_, i) => i % 2 === 1 ? 0xff : (i >> 2) + (i % 4 === 2 ? bands : 0),
  );

const HALF = 1 << 11;
const SHIFT = 12;

type Code = readonly number[];

const unsigned = (value: number): Code =>
  value < 128 ? [value] : [(value & 127) | 128, ...unsigned(value >>> 7)];
const signed = (value: number): Code =>
  value >= -64 && value < 64
    ? [value & 127]
    : [(value & 127) | 128, ...signed(value >> 7)];
const vector = (items: readonly Code[]): Code => [
  ...unsigned(items.length),
  ...items.flat(),
];
const sized = (body: Code): Code => [...unsigned(body.length), ...body];

// Ops by their names in the text format (WebAssembly 2.0, 5.4).
const I32 = 0x7f;
const V128 = 0x7b;
const get = (local: number): Code => [0x20, ...unsigned(local)];
const set = (local: number): Code => [0x21, ...unsigned(local)];
const constant = (value: number): Code => [0x41, ...signed(value)];
const ADD: Code = [0x6a];
const MUL: Code = [0x6c];
const LESS: Code = [0x49];
const load = (offset = 0): Code => [0x28, 0, ...unsigned(offset)];
const simd = (op: number, ...rest: number[]): Code => [
  0xfd,
  ...unsigned(op),
  ...rest,
];
const LOAD_16 = simd(0x00, 0, 0);
const LOAD_8 = simd(0x5d, 0, 0);
const loadSplat32 = (offset: number): Code => simd(0x09, 0, offset);
const STORE_16 = simd(0x0b, 0, 0);
const STORE_4 = simd(0x5a, 0, 0, 0);
const SPLAT_32 = simd(0x11);
const ADD_32 = simd(0xae);
const SHIFT_RIGHT_32 = simd(0xad);
const TO_16 = simd(0x86);
const TO_8 = simd(0x66);
const LOW_AS_16 = simd(0x89);
const HIGH_AS_16 = simd(0x8a);
const PAIR_PRODUCTS = simd(0xba);
const IN_ORDER = simd(0x0e);
/** Bytes of two vectors in turns, of eight from `first` on. */
const inTurns = (first: number): Code =>
  simd(
    0x0d,
    ...Array.from({ length: 16 }, (_, i) => first + (i >> 1) + 16 * (i % 2)),
  );

/** Does the body, and again for as long as the condition holds. */
const again = (body: Code, condition: Code): Code => [
  ...[0x03, 0x40],
  ...body,
  ...condition,
  ...[0x0d, 0],
  0x0b,
];
const increase = (local: number, by: Code): Code => [
  ...get(local),
  ...by,
  ...ADD,
  ...set(local),
];
const rounded: Code = [...constant(HALF), ...SPLAT_32];
const scaled = (sum: number): Code => [
  ...get(sum),
  ...constant(SHIFT),
  ...SHIFT_RIGHT_32,
];

/** A function: its parameters, all int32, its further locals, its body. */
const body = (locals: readonly (readonly [number, number])[], code: Code) =>
  sized([
    ...vector(locals.map(([count, type]) => [...unsigned(count), type])),
    ...code,
    0x0b,
  ]);

/** `rows(table, tableEnd, from, to, count, pitch)`: values of a row from rows before, 16 at a time. */
function rows(): Code {
  const [table, end, from, to, count, pitch] = [0, 1, 2, 3, 4, 5] as const;
  const [x, pair, at] = [6, 7, 8] as const;
  const [one, other, turns, weights] = [9, 10, 11, 12] as const;
  const sums = [13, 14, 15, 16] as const;
  const sum = (total: number, half: Code): Code => [
    ...get(total),
    ...get(turns),
    ...half,
    ...get(weights),
    ...PAIR_PRODUCTS,
    ...ADD_32,
    ...set(total),
  ];
  const half = (
    first: number,
    [low, high]: readonly [number, number],
  ): Code => [
    ...get(one),
    ...get(other),
    ...inTurns(first),
    ...set(turns),
    ...sum(low, LOW_AS_16),
    ...sum(high, HIGH_AS_16),
  ];
  return body([[3, I32], [8, V128]], [
    ...again([
      ...sums.flatMap((total) => [...rounded, ...set(total)]),
      ...get(table),
      ...set(pair),
      ...again([
        ...get(pair),
        ...load(),
        ...get(from),
        ...ADD,
        ...get(x),
        ...ADD,
        ...set(at),
        ...get(at),
        ...LOAD_16,
        ...set(one),
        ...get(at),
        ...get(pitch),
        ...ADD,
        ...LOAD_16,
        ...set(other),
        ...get(pair),
        ...loadSplat32(4),
        ...set(weights),
        ...half(0, [sums[0], sums[1]]),
        ...half(8, [sums[2], sums[3]]),
        ...increase(pair, constant(PAIR_BYTES)),
      ], [...get(pair), ...get(end), ...LESS]),
      ...get(to),
      ...get(x),
      ...ADD,
      ...scaled(sums[0]),
      ...scaled(sums[1]),
      ...TO_16,
      ...scaled(sums[2]),
      ...scaled(sums[3]),
      ...TO_16,
      ...TO_8,
      ...STORE_16,
      ...increase(x, constant(16)),
    ], [...get(x), ...get(count), ...LESS]),
  ]);
}

/** `columns(table, pairsBytes, from, to, count, bands, order)`: pixels of a row from its values. */
function columns(): Code {
  const [pair, pairs, from, to, count, bands] = [0, 1, 2, 3, 4, 5] as const;
  const [orderAt, end, last, total, order] = [6, 7, 8, 9, 10] as const;
  return body([[2, I32], [2, V128]], [
    ...get(orderAt),
    ...LOAD_16,
    ...set(order),
    ...get(to),
    ...get(count),
    ...get(bands),
    ...MUL,
    ...ADD,
    ...set(last),
    ...again([
      ...rounded,
      ...set(total),
      ...get(pair),
      ...get(pairs),
      ...ADD,
      ...set(end),
      ...again([
        ...get(total),
        ...get(pair),
        ...load(),
        ...get(from),
        ...ADD,
        ...LOAD_8,
        ...get(order),
        ...IN_ORDER,
        ...get(pair),
        ...loadSplat32(4),
        ...PAIR_PRODUCTS,
        ...ADD_32,
        ...set(total),
        ...increase(pair, constant(PAIR_BYTES)),
      ], [...get(pair), ...get(end), ...LESS]),
      // Bands beyond those of the pixel are written over by the next one.
      ...get(to),
      ...scaled(total),
      ...scaled(total),
      ...TO_16,
      ...scaled(total),
      ...scaled(total),
      ...TO_16,
      ...TO_8,
      ...STORE_4,
      ...increase(to, get(bands)),
    ], [...get(to), ...get(last), ...LESS]),
  ]);
}

const text = (name: string): Code => sized([...new TextEncoder().encode(name)]);
const section = (id: number, items: readonly Code[]): Code => [
  id,
  ...sized(vector(items)),
];
const takes = (parameters: number): Code => [
  0x60,
  ...vector(Array(parameters).fill([I32])),
  0,
];

const MODULE = Uint8Array.from([
  ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
  ...section(1, [takes(6), takes(7)]),
  ...section(3, [[0], [1]]),
  ...section(5, [[0, 1]]),
  ...section(7, [
    [...text("memory"), 2, 0],
    [...text("rows"), 0, 0],
    [...text("columns"), 0, 1],
  ]),
  ...section(10, [rows(), columns()]),
]);

/** The loops, and the memory that they work on. */
export interface ReduceLoops {
  readonly memory: WebAssembly.Memory;
  /** Weighted sums of rows, `pitch` bytes each: `count` values at `to`, taps counted from `from`. */
  rows(
    table: number,
    tableEnd: number,
    from: number,
    to: number,
    count: number,
    pitch: number,
  ): void;
  /** Weighted sums of pixels of a row: `count` pixels at `to`, each with as many taps as `pairsBytes` holds, by the `order` of their bands. */
  columns(
    table: number,
    pairsBytes: number,
    from: number,
    to: number,
    count: number,
    bands: number,
    order: number,
  ): void;
}

let loops: ReduceLoops | undefined;

/** The loops, made when they are first needed: one for all, as nothing waits between two calls. */
export function reduceLoops(): ReduceLoops {
  loops ??= new WebAssembly.Instance(new WebAssembly.Module(MODULE))
    .exports as unknown as ReduceLoops;
  return loops;
}

const PAGE = 65536;

/** The loops' memory, with so many bytes at least. */
export function reduceMemory(bytes: number): Uint8Array<ArrayBuffer> {
  const { memory } = reduceLoops();
  const missing = bytes - memory.buffer.byteLength;
  if (missing > 0) memory.grow(Math.ceil(missing / PAGE));
  return new Uint8Array(memory.buffer as ArrayBuffer);
}
