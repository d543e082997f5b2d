/** @file The comparison as a table, and its place in README.md. */
import { markdownTable, writeResult } from "../markdown.ts";
import type { Comparison } from "./compare.ts";

const README = new URL("README.md", import.meta.url);

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
export function writeReadme(text: string): Promise<void> {
  return writeResult(README, text);
}
