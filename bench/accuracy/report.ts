/** @file The comparison as a table, and its place in README.md. */
import { markdownTable, writeResult } from "../markdown.ts";
import type { Result } from "./results.ts";
import { signed, type Spread } from "../seeds.ts";
import type { MethodSummary } from "./summary.ts";
import type { Other } from "./training.ts";

const README = new URL("README.md", import.meta.url);

const showSpread = ({ mean, deviation, count }: Spread): string =>
  count > 1
    ? `${mean.toFixed(2)} ± ${deviation.toFixed(2)} (${count})`
    : `${mean.toFixed(2)} (${count})`;

/** Heads of the columns of both sides. */
const HEADS: Readonly<Record<Other, readonly [string, string]>> = {
  pytorch: ["Stopgrad", "PyTorch"],
  bfloat16: ["float32", "bfloat16"],
};

/** One row a method. */
export function table(
  summaries: readonly MethodSummary[],
  side: Other,
): string {
  const untrained = summaries.every((it) => Number.isFinite(it.untrained));
  const last = (text: string): string[] => untrained ? [text] : [];
  return markdownTable([
    ["method", ...HEADS[side], "difference", ...last("untrained")],
    ...summaries.map((it) => [
      it.method,
      showSpread(it.ours),
      showSpread(it.other),
      `${signed(it.difference, 2)} ± ${it.error.toFixed(2)}`,
      ...last(it.untrained.toFixed(2)),
    ]),
  ]);
}

/** When the results were made, with what, by which command. */
export function surroundings(
  results: readonly Result[],
  command: string,
): string {
  const dates = results.map(({ date }) => date).sort();
  const [first, last] = [dates[0], dates.at(-1)];
  const versions = new Set(results.flatMap((result) => result.versions));
  const threads = new Set(results.map((result) => result.threads));
  const { arch, os } = Deno.build;
  const made = [
    first === last ? first : `${first} to ${last}`,
    ...versions,
    `${arch} ${os}`,
    `${[...threads].join(" or ")} threads`,
  ].join(", ");
  return `\`${command}\`, ${made}.`;
}

/** Replaces the result in README.md. */
export function writeReadme(text: string): Promise<void> {
  return writeResult(README, text);
}
