/** @file Features as comma-separated text: file, label, then a column a number. */
import type { Write } from "../checkpoint/write_atomic.ts";
import { className, type FeatureTable, type TableFormat } from "./table.ts";

/** A cell; quoted where it has to be (RFC 4180). */
const cell = (text: string): string =>
  /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;

const line = (cells: readonly string[]): Uint8Array =>
  new TextEncoder().encode(`${cells.join(",")}\n`);

/** Cells before the features. */
function nameCells(table: FeatureTable, row: number): string[] {
  const name = cell(table.names[row] as string);
  return table.labels ? [name, cell(className(table, row) ?? "")] : [name];
}

const head = ({ labels }: FeatureTable): string[] =>
  labels ? ["file", "label"] : ["file"];

/** The names and classes alone. */
export async function writeNames(
  table: FeatureTable,
  write: Write,
): Promise<void> {
  await write(line(head(table)));
  for (let row = 0; row < table.count; row++) {
    await write(line(nameCells(table, row)));
  }
}

/** Comma-separated text. */
export const csv: TableFormat = {
  ending: ".csv",
  async write(table, write) {
    const { width } = table;
    const columns = Array.from({ length: width }, (_, i) => `f${i}`);
    await write(line([...head(table), ...columns]));
    for await (const { from, count, values } of table.chunks()) {
      for (let i = 0; i < count; i++) {
        // Nine digits tell every float32 from its neighbours.
        const numbers = Array.from(
          values.subarray(i * width, (i + 1) * width),
          (value) => String(Number(value.toPrecision(9))),
        );
        await write(line([...nameCells(table, from + i), ...numbers]));
      }
    }
  },
};
