/** @file Tables of rounds that were measured in turns. */
import { markdownTable, writeResult } from "../markdown.ts";
import { spreadOf } from "../speed/statistics.ts";

/** Such as `96 (90–110)`: the median, and the least and most. */
export function spread(numbers: readonly number[], digits = 0): string {
  const { median, least, most } = spreadOf(numbers);
  return `${median.toFixed(digits)} (${least.toFixed(digits)}–${
    most.toFixed(digits)
  })`;
}

/** Writes a table, and how it was made, into a page of this folder. */
export async function writeTable(
  page: string,
  rows: readonly (readonly string[])[],
  rounds: number,
): Promise<void> {
  await writeResult(
    new URL(page, import.meta.url),
    `${
      markdownTable(rows)
    }\n\nMedian (least to most) of ${rounds} rounds in turns, cores: ${navigator.hardwareConcurrency}, ${
      new Date().toISOString().slice(0, 10)
    }.`,
  );
}
