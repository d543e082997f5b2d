/** @file Whether the coded pixels of a JPEG are whole: every code known, none missing, none left over. */
import type { HuffmanTable, PlainFrame } from "./jpeg_frame.ts";

/** Codes up to this length are looked up at once. */
const SHORT = 8;
const LONGEST = 16;

/** A Huffman table for decoding. */
interface Codes {
  /** By the next 8 bits: length of the code (from bit 8 on) and its symbol; 0 for longer codes. */
  readonly short: Uint16Array;
  /** By length: the largest code, -1 for none. */
  readonly largest: Int32Array;
  /** By length: where its symbols begin, less its first code. */
  readonly offset: Int32Array;
  readonly symbols: Uint8Array;
}

/** `undefined` where the lengths allow no such codes. */
function codesOf({ counts, symbols }: HuffmanTable): Codes | undefined {
  const short = new Uint16Array(1 << SHORT);
  const largest = new Int32Array(LONGEST + 1).fill(-1);
  const offset = new Int32Array(LONGEST + 1);
  let code = 0;
  let next = 0;
  let at = 0;
  for (let length = 1; length <= LONGEST; length++) {
    const count = counts[length - 1] as number;
    offset[length] = next - code;
    // A code of ones alone is none.
    if (count > 0 && code + count >= 1 << length) return undefined;
    const end = next + count;
    // Shorter codes come first, and lie one after another.
    for (; length <= SHORT && next < end; next++) {
      const entry = (length << 8) | (symbols[next] as number);
      const beyond = at + (1 << (SHORT - length));
      while (at < beyond) short[at++] = entry;
    }
    next = end;
    code += count;
    if (count > 0) largest[length] = code - 1;
    code <<= 1;
  }
  return { short, largest, offset, symbols };
}

/** More bits than baseline differences and coefficients have. */
const MOST_DC = 11;
const MOST_AC = 10;
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
  const known = new Map<HuffmanTable, Codes | undefined>();
  const codes = (table: HuffmanTable): Codes | undefined => {
    if (!known.has(table)) known.set(table, codesOf(table));
    return known.get(table);
  };
  for (const component of frame.components) {
    const [dc, ac] = [codes(component.dc), codes(component.ac)];
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
      for (let k = 0; k < 64;) {
        while (bits <= 24) {
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
        let length: number;
        let symbol: number;
        const entry = codes.short[
          (ahead >>> (bits - SHORT)) & ((1 << SHORT) - 1)
        ] as number;
        if (entry !== 0) {
          length = entry >> 8;
          symbol = entry & 255;
        } else {
          length = SHORT + 1;
          let code = (ahead >>> (bits - length)) & ((1 << length) - 1);
          while (code > (codes.largest[length] as number)) {
            if (++length > LONGEST) return -1;
            code = (ahead >>> (bits - length)) & ((1 << length) - 1);
          }
          symbol = codes.symbols[
            code + (codes.offset[length] as number)
          ] as number;
        }
        if (k === 0) {
          if (symbol > MOST_DC) return -1;
          bits -= length + symbol;
          k = 1;
          codes = ac;
          continue;
        }
        const size = symbol & 15;
        const run = symbol >> 4;
        if (size === 0) {
          bits -= length;
          if (run === 15) k += 16;
          else if (run === 0) break;
          else return -1;
          if (k > 64) return -1;
          continue;
        }
        if (size > MOST_AC) return -1;
        bits -= length + size;
        k += run + 1;
        if (k > 64) return -1;
      }
      if (bits < missing) return -1;
    }
  }
  return bits - missing < 8 ? at : -1;
}
