/** @file Whether the coded pixels of a JPEG are whole: every code known, none missing, none left over. */
import type { HuffmanTable, PlainFrame } from "./jpeg_frame.ts";

/** Codes up to this length are looked up at once. */
const SHORT = 8;
const LONGEST = 16;

/** More bits than baseline differences and coefficients have. */
const MOST_DC = 11;
const MOST_AC = 10;

/** Coefficients of a block. */
const BLOCK = 64;
/** Steps beyond what any coefficient is: the rest of a block is zero, or its code is none. */
const REST = 128;
const NONE = 256;

/** What a symbol means: how many coefficients it goes on by. */
type Meaning = (symbol: number) => number;

const difference: Meaning = (symbol) => symbol > MOST_DC ? NONE : 1;
const coefficient: Meaning = (symbol) => {
  const [run, size] = [symbol >> 4, symbol & 15];
  if (size > MOST_AC) return NONE;
  if (size > 0) return run + 1;
  return run === 15 ? 16 : run === 0 ? REST : NONE;
};

/** A Huffman table for reading past codes: each entry has the bits of a code and its value, and from bit 8 on how far it goes. */
interface Codes {
  /** By the next 8 bits; 0 for longer codes. */
  readonly short: Uint32Array;
  /** By length: the largest code, -1 for none. */
  readonly largest: Int32Array;
  /** By length: where its entries begin, less its first code. */
  readonly offset: Int32Array;
  /** In the order of the codes. */
  readonly entries: Uint32Array;
}

/** Symbols of a table at the most. */
const MOST_SYMBOLS = 256;

const emptyCodes = (): Codes => ({
  short: new Uint32Array(1 << SHORT),
  largest: new Int32Array(LONGEST + 1),
  offset: new Int32Array(LONGEST + 1),
  entries: new Uint32Array(MOST_SYMBOLS),
});

/**
 * Codes of one file after the other, all in the same memory: to allocate it
 * would cost more than to read a small file.
 */
class Shelf {
  readonly #codes: Codes[] = [];
  readonly #known = new Map<HuffmanTable, Codes | undefined>();

  of(table: HuffmanTable, meaning: Meaning): Codes | undefined {
    if (!this.#known.has(table)) {
      const codes = this.#codes[this.#known.size] ??= emptyCodes();
      this.#known.set(table, readCodes(table, meaning, codes));
    }
    return this.#known.get(table);
  }

  clear(): void {
    this.#known.clear();
  }
}

const shelf = new Shelf();

/** `undefined` where the lengths allow no such codes. */
function readCodes(
  { counts, symbols }: HuffmanTable,
  meaning: Meaning,
  codes: Codes,
): Codes | undefined {
  const { short, largest, offset, entries } = codes;
  largest.fill(-1);
  let code = 0;
  let next = 0;
  let at = 0;
  for (let length = 1; length <= LONGEST; length++) {
    const count = counts[length - 1] as number;
    offset[length] = next - code;
    // A code of ones alone is none.
    if (count > 0 && code + count >= 1 << length) return undefined;
    for (const end = next + count; next < end; next++) {
      const symbol = symbols[next] as number;
      const entry = (meaning(symbol) << 8) | (length + (symbol & 15));
      entries[next] = entry;
      // Shorter codes come first, and lie one after another.
      if (length > SHORT) continue;
      const beyond = at + (1 << (SHORT - length));
      while (at < beyond) short[at++] = entry;
    }
    code += count;
    if (count > 0) largest[length] = code - 1;
    code <<= 1;
  }
  short.fill(0, at);
  return codes;
}

/** The entry of a long code at the beginning of 16 bits; 0 where it is none. */
function longEntry({ largest, offset, entries }: Codes, bits: number): number {
  for (let length = SHORT + 1; length <= LONGEST; length++) {
    const code = bits >> (LONGEST - length);
    if (code <= (largest[length] as number)) {
      return entries[code + (offset[length] as number)] as number;
    }
  }
  return 0;
}

const END = 0xd9;
const RESTART = 0xd0;

/**
 * Reads the codes of a scan, and takes none of their values: a decoder says
 * nothing of a code that it does not know, of bytes that are left over or of an
 * end that comes too early, and makes something up.
 *
 * @param bytes The file.
 * @returns Whether a decoder would have nothing to remark on.
 */
export function isWholeScan(bytes: Uint8Array, frame: PlainFrame): boolean {
  const blocks: { readonly dc: Codes; readonly ac: Codes }[] = [];
  shelf.clear();
  for (const component of frame.components) {
    const dc = shelf.of(component.dc, difference);
    const ac = shelf.of(component.ac, coefficient);
    if (!dc || !ac) return false;
    for (let i = 0; i < component.blocks; i++) blocks.push({ dc, ac });
  }
  const { units, restart } = frame;
  let at = frame.scan;
  for (let unit = 0, marker = 0; unit < units; marker++) {
    const count = restart === 0 ? units : Math.min(restart, units - unit);
    at = skipUnits(bytes, at, count, blocks);
    unit += count;
    if (at < 0 || bytes[at] !== 0xff) return false;
    const expected = unit < units ? RESTART + marker % 8 : END;
    if (bytes[at + 1] !== expected) return false;
    at += 2;
  }
  return true;
}

/**
 * Reads the codes of some units.
 *
 * @returns Where the marker behind them is; -1 where something is wrong.
 */
function skipUnits(
  bytes: Uint8Array,
  from: number,
  count: number,
  blocks: readonly { readonly dc: Codes; readonly ac: Codes }[],
): number {
  const end = bytes.length;
  let at = from;
  /** The next bits, the last one lowest, and how many there are. */
  let ahead = 0;
  let bits = 0;
  /** Bits of them that are not in the file. */
  let missing = 0;
  for (let unit = 0; unit < count; unit++) {
    for (let b = 0; b < blocks.length; b++) {
      const { dc, ac } = blocks[b] as { dc: Codes; ac: Codes };
      let codes = dc;
      for (let k = 0;;) {
        // As many as the longest code has; of the bits of its value the last
        // may be still to come.
        while (bits < LONGEST) {
          if (at + 1 < end && bytes[at] !== 0xff && bytes[at + 1] !== 0xff) {
            ahead = (ahead << 16) | ((bytes[at] as number) << 8) |
              (bytes[at + 1] as number);
            at += 2;
            bits += 16;
            continue;
          }
          const byte = at < end ? bytes[at] as number : 0xff;
          if (byte !== 0xff) {
            ahead = (ahead << 8) | byte;
            at++;
          } else if (at + 1 < end && bytes[at + 1] === 0) {
            ahead = (ahead << 8) | 0xff;
            at += 2;
          } else {
            ahead <<= 8;
            missing += 8;
          }
          bits += 8;
        }
        if (k >= BLOCK) break;
        const entry = codes.short[(ahead >>> (bits - SHORT)) & 0xff] ||
          longEntry(codes, (ahead >>> (bits - LONGEST)) & 0xffff);
        if (entry === 0) return -1;
        bits -= entry & 0xff;
        k += entry >> 8;
        codes = ac;
        // Further than a block: its rest is zero, or there is no such thing.
        if (k > BLOCK && (k < REST || k >= NONE)) return -1;
      }
      if (bits < missing) return -1;
    }
  }
  return bits - missing < 8 ? at : -1;
}
