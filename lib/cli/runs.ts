/** @file `runs [FOLDER]`: the runs below a folder, with what became of them. */
import { relative } from "node:path";
import { UserError } from "../errors.ts";
import { type FoundRun, runsBelow } from "../look/list_runs.ts";
import { verdictText } from "../monitor/verdict.ts";
import { EXIT, type ExitCode } from "./exit.ts";
import { duration, integer, percent } from "./format.ts";
import { print } from "./say.ts";
import { type Align, table } from "./table.ts";

type Order = (a: FoundRun, b: FoundRun) => number;

const most =
  (of: (one: FoundRun) => number | null | undefined): Order => (a, b) =>
    (of(b) ?? Number.NEGATIVE_INFINITY) - (of(a) ?? Number.NEGATIVE_INFINITY) ||
    a.path.localeCompare(b.path);

const ORDERS = {
  name: (a, b) => a.path < b.path ? -1 : 1,
  time: most(({ time }) => time),
  knn: most(({ summary }) => summary?.knn),
  linear: most(({ summary }) => summary?.linear),
  accuracy: most(({ summary }) => summary?.accuracy),
  steps: most(({ summary }) => summary?.steps),
} satisfies Readonly<Record<string, Order>>;

/** Ways to sort runs. */
export const RUN_ORDERS = Object.keys(
  ORDERS,
) as readonly (keyof typeof ORDERS)[];

/** Options of the command. */
export interface RunsCommand {
  /** Words that a run's path, pipeline or verdict has to hold. */
  readonly filter?: string;
  readonly sort: keyof typeof ORDERS;
}

/** Runs the command. */
export async function runs(
  folder: string,
  { filter, sort }: RunsCommand,
): Promise<ExitCode> {
  let all: FoundRun[];
  try {
    all = await Array.fromAsync(runsBelow(folder));
  } catch (error) {
    throw new UserError(
      `Cannot list the runs in "${folder}": ${
        error instanceof Deno.errors.NotFound
          ? "there is no such folder"
          : error instanceof Error
          ? error.message
          : String(error)
      }.\nName the folder that holds them, such as runs.`,
    );
  }
  const shown = all.filter(({ path, summary }) =>
    !filter ||
    `${path} ${summary?.pipeline} ${summary?.verdict} ${
      verdictText(summary?.verdict ?? "")
    }`.includes(filter)
  ).sort(ORDERS[sort]);
  if (shown.length === 0) {
    print(
      filter
        ? `None of the ${all.length} runs in ${folder} has "${filter}" in its path, pipeline or verdict`
        : `There are no runs in ${folder}`,
    );
    return EXIT.success;
  }
  const classified = shown.some(({ summary }) =>
    summary?.accuracy !== undefined
  );
  const scores = [
    "kNN",
    "linear",
    ...(classified ? ["accuracy"] : []),
  ];
  print(table(
    [
      ["run", "steps", "epochs", "time", "loss", ...scores, "verdict"],
      ...shown.map(({ path, summary }) => [
        relative(folder, path) || path,
        ...(summary
          ? [
            integer(summary.steps),
            summary.epochs.toFixed(1),
            duration(summary.seconds),
            summary.loss?.toFixed(4) ?? "–",
            percent(summary.knn),
            percent(summary.linear),
            ...(classified ? [percent(summary.accuracy ?? null)] : []),
            verdictText(summary.verdict),
          ]
          : ["–", "–", "–", "–", ...scores.map(() => "–"), "not ended"]),
      ]),
    ],
    [
      "left",
      ...Array<Align>(4 + scores.length).fill("right"),
      "left",
    ],
  ));
  return EXIT.success;
}
