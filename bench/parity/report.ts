/** @file The comparison as a table, and its place in README.md. */
import type { Comparison } from "./compare.ts";

const README = new URL("README.md", import.meta.url);
const [START, END] = ["<!-- result -->", "<!-- end of result -->"];

/** Cells padded to the width of their column, as `deno fmt` has them. */
function markdownTable(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(...rows.map((row) => row[column]?.length ?? 0))
  );
  const line = (cells: readonly string[], fill = " "): string =>
    `| ${
      cells.map((cell, i) => cell.padEnd(widths[i] ?? 0, fill)).join(" | ")
    } |`;
  const [head = [], ...body] = rows;
  return [
    line(head),
    line(head.map(() => "---"), "-"),
    ...body.map((row) => line(row)),
  ].join("\n");
}

/** First and last of the losses. */
const ends = (losses: readonly number[]): string =>
  [losses[0], losses.at(-1)].map((loss) => (loss ?? Number.NaN).toFixed(4))
    .join(" → ");

/** A share as a percentage. */
export const percent = (share: number): string =>
  `${(100 * share).toFixed(2)} %`;

/** One row a method. */
export function table(comparisons: readonly Comparison[]): string {
  return markdownTable([
    [
      "method",
      "largest difference of the loss",
      "Stopgrad",
      "PyTorch",
      "last, untrained",
      "PyTorch float32 against float64",
      "parameters",
      "statistics",
    ],
    ...comparisons.map((it) => [
      it.method,
      it.lossDifference.toExponential(1),
      ends(it.ours),
      ends(it.theirs.losses),
      it.untrained.toFixed(4),
      it.rounding.toExponential(1),
      percent(it.variables.trained),
      percent(it.variables.gathered),
    ]),
  ]);
}

/** Replaces the result in README.md. */
export async function writeReadme(text: string): Promise<void> {
  const readme = await Deno.readTextFile(README);
  const [from, to] = [readme.indexOf(START), readme.indexOf(END)];
  if (from < 0 || to < from) {
    throw new Error(`Cannot find "${START}" and "${END}" in README.md`);
  }
  const before = readme.slice(0, from + START.length);
  await Deno.writeTextFile(
    README,
    `${before}\n\n${text}\n\n${readme.slice(to)}`,
  );
}
