/**
 * @file The two inner loops of a reduction as a WebAssembly module, 16
 * values and one pixel at a time: JavaScript has no SIMD, and took longer for
 * them than libjpeg for all else. The module is written here op by op.
 *
 * Weighted sums of bytes, in 1/4096, by tables of taps: eight bytes each, where
 * the byte is (int32), its weight (uint16), and two that are left out.
 */

/** Bytes of a tap in a table. */
export const TAP_BYTES = 8;
/** Loops read and write whole vectors: so much beyond an end has to be there. */
export const BEYOND = 16;

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
const LOAD_4 = simd(0x5c, 0, 0);
const loadSplat16 = (offset: number): Code => simd(0x08, 0, offset);
const STORE_16 = simd(0x0b, 0, 0);
const STORE_4 = simd(0x5a, 0, 0, 0);
const SPLAT_32 = simd(0x11);
const ADD_32 = simd(0xae);
const SHIFT_RIGHT_32 = simd(0xad);
const TO_16 = simd(0x86);
const TO_8 = simd(0x66);
const LOW_AS_16 = simd(0x89);
const HIGH_AS_16 = simd(0x8a);
const PRODUCT_LOW = simd(0xbe);
const PRODUCT_HIGH = simd(0xbf);

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

/** `rows(table, tableEnd, from, to, count)`: values of a row from rows before, 16 at a time. */
function rows(): Code {
  const [table, end, from, to, count, x, tap] = [0, 1, 2, 3, 4, 5, 6] as const;
  const [values, half, weight] = [7, 8, 9] as const;
  const sums = [10, 11, 12, 13] as const;
  const sum = (total: number, product: Code): Code => [
    ...get(total),
    ...get(half),
    ...get(weight),
    ...product,
    ...ADD_32,
    ...set(total),
  ];
  return body([[2, I32], [7, V128]], [
    ...again([
      ...sums.flatMap((total) => [...rounded, ...set(total)]),
      ...get(table),
      ...set(tap),
      ...again([
        ...get(tap),
        ...load(),
        ...get(from),
        ...ADD,
        ...get(x),
        ...ADD,
        ...LOAD_16,
        ...set(values),
        ...get(tap),
        ...loadSplat16(4),
        ...set(weight),
        ...get(values),
        ...LOW_AS_16,
        ...set(half),
        ...sum(sums[0], PRODUCT_LOW),
        ...sum(sums[1], PRODUCT_HIGH),
        ...get(values),
        ...HIGH_AS_16,
        ...set(half),
        ...sum(sums[2], PRODUCT_LOW),
        ...sum(sums[3], PRODUCT_HIGH),
        ...increase(tap, constant(TAP_BYTES)),
      ], [...get(tap), ...get(end), ...LESS]),
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

/** `columns(table, tapsBytes, from, to, count, bands)`: pixels of a row from its values. */
function columns(): Code {
  const [tap, taps, from, to, count, bands] = [0, 1, 2, 3, 4, 5] as const;
  const [end, last, total] = [6, 7, 8] as const;
  return body([[2, I32], [1, V128]], [
    ...get(to),
    ...get(count),
    ...get(bands),
    ...MUL,
    ...ADD,
    ...set(last),
    ...again([
      ...rounded,
      ...set(total),
      ...get(tap),
      ...get(taps),
      ...ADD,
      ...set(end),
      ...again([
        ...get(total),
        ...get(tap),
        ...load(),
        ...get(from),
        ...ADD,
        ...LOAD_4,
        ...LOW_AS_16,
        ...get(tap),
        ...loadSplat16(4),
        ...PRODUCT_LOW,
        ...ADD_32,
        ...set(total),
        ...increase(tap, constant(TAP_BYTES)),
      ], [...get(tap), ...get(end), ...LESS]),
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
  ...section(1, [takes(5), takes(6)]),
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
  /** Weighted sums of rows: `count` values at `to`, taps counted from `from`. */
  rows(
    table: number,
    tableEnd: number,
    from: number,
    to: number,
    count: number,
  ): void;
  /** Weighted sums of pixels of a row: `count` pixels at `to`, each with as many taps as `tapsBytes` holds. */
  columns(
    table: number,
    tapsBytes: number,
    from: number,
    to: number,
    count: number,
    bands: number,
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
