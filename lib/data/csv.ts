/** @file Tables of text: commas, semicolons, tabs or bars between cells (RFC 4180). */

const SEPARATORS = [",", "\t", ";", "|"] as const;

/** Text that may have been written by a spreadsheet: UTF-8, or UTF-16 by its mark. @throws {Error} */
export function textOf(bytes: Uint8Array): string {
  const [first, second] = bytes;
  const wide = first === 0xff && second === 0xfe
    ? "utf-16le"
    : first === 0xfe && second === 0xff
    ? "utf-16be"
    : undefined;
  let text: string;
  try {
    text = new TextDecoder(wide, { fatal: true }).decode(bytes);
  } catch {
    throw new Error("its text is no UTF-8: save it as CSV in UTF-8");
  }
  // As of UTF-16 without its mark.
  if (!text.includes("\0")) return text;
  throw new Error("it is no text: save it as CSV in UTF-8");
}

/** The separator that the first line has most of. */
function separatorOf(text: string): string {
  const [line = ""] = text.split("\n", 1);
  const count = (separator: string) => line.split(separator).length;
  return [...SEPARATORS].sort((a, b) => count(b) - count(a))[0] as string;
}

/** A first line that names the separator, as spreadsheets write it. */
const NAMED = /^sep=(.)\n/i;

/**
 * Rows of cells; empty lines are left out.
 *
 * @throws {Error} When a quote is not closed.
 */
export function parseCsv(source: string): string[][] {
  const whole = source.replace(/^\ufeff/, "").replace(/\r\n?/g, "\n");
  const named = NAMED.exec(whole);
  const text = named ? whole.slice(named[0].length) : whole;
  const separator = named?.[1] ?? separatorOf(text);
  const rows: string[][] = [];
  let row: string[] = [];
  let cell = "";
  let quoted = false;
  const endCell = (): void => {
    row.push(cell.trim());
    cell = "";
  };
  const endRow = (): void => {
    endCell();
    if (row.some(Boolean)) rows.push(row);
    row = [];
  };
  for (let i = 0; i < text.length; i++) {
    const char = text[i] as string;
    if (quoted) {
      if (char !== '"') cell += char;
      else if (text[i + 1] === '"') cell += text[++i];
      else quoted = false;
    } else if (char === '"' && cell.trim() === "") {
      cell = "";
      quoted = true;
    } else if (char === separator) endCell();
    else if (char === "\n") endRow();
    else cell += char;
  }
  if (quoted) throw new Error("a quote is not closed");
  endRow();
  return rows;
}
