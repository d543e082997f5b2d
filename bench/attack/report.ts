/** @file The table of an attack. */
import { markdownTable, writeResult } from "../markdown.ts";
import { writeResults } from "../results_file.ts";
import { fromFileUrl } from "./paths.ts";

/** What did not hold. */
export interface Fault {
  readonly seed: number;
  readonly did: string;
  readonly fault: string;
}

/** What came of one kind of attack. */
export interface Result {
  readonly name: string;
  readonly attempts: number;
  readonly faults: readonly Fault[];
}

/** A whole attack. */
export interface Results {
  readonly date: string;
  /** How long it ran. */
  readonly minutes: number;
  readonly seed: number;
  readonly results: readonly Result[];
}

/** A text in a cell of a table. */
const cell = (text: string): string =>
  text.replace(/[|\n]/g, " ").slice(0, 160);

/** Writes the results beside this file. */
export async function report(all: Results): Promise<void> {
  await writeResults(fromFileUrl("./results.json"), [all]);
  const { date, minutes, seed, results } = all;
  const faults = results.flatMap(({ name, faults }) =>
    faults.map((one) => [
      name,
      String(one.seed),
      cell(one.did),
      cell(one.fault),
    ])
  );
  const text = [
    `On ${date}, for ${minutes} minutes, with seeds from ${seed}:`,
    markdownTable([
      ["attack", "attempts", "held"],
      ...results.map(({ name, attempts, faults }) => [
        name,
        String(attempts),
        String(attempts - faults.length),
      ]),
    ]),
    ...(faults.length > 0
      ? [
        "What did not hold:",
        markdownTable([
          ["attack", "seed", "what was done", "fault"],
          ...faults,
        ]),
      ]
      : []),
  ].join("\n\n");
  await writeResult(new URL("./README.md", import.meta.url), text);
}
