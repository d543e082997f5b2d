/** @file The table of README.md. */
import { markdownTable, writeResult } from "../markdown.ts";
import { CASES } from "./cases.ts";
import { OF_LOSSES, type Result, SHOWN } from "./results.ts";

const range = (values: readonly number[], digits: number): string => {
  if (values.length === 0) return "–";
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const text = (value: number) => value.toFixed(digits);
  return text(low) === text(high) ? text(low) : `${text(low)} to ${text(high)}`;
};

/** Digits behind the point. */
const DIGITS: Readonly<Record<typeof SHOWN[number], number>> = {
  embedding_std: 2,
  correlation: 2,
  correlation_rank: 2,
  effective_rank: 1,
  rankme: 0,
  alpha_req: 1,
  alignment: 2,
  uniformity: 2,
};

/** Verdicts of some runs, with their numbers. */
function verdicts(runs: readonly Result[]): string {
  const found = new Map<string, number[]>();
  for (const { alarms } of runs) {
    const [first] = alarms;
    const fault = first?.fault ?? "healthy";
    found.set(fault, [...found.get(fault) ?? [], first?.step ?? 0]);
  }
  return [...found].map(([fault, steps]) => {
    const times = runs.length > 1 ? `${steps.length}× ` : "";
    return fault === "healthy"
      ? `${times}healthy`
      : `${times}${fault}, step ${range(steps, 0)}`;
  }).join("; ");
}

/** A signal of each loss that has it, at the end of a run. */
const ofLosses = (
  { signals }: Result,
  signal: typeof OF_LOSSES[number],
): number[] =>
  Object.entries(signals).flatMap(([key, value]) =>
    key.startsWith(`${signal}:`) && value !== null ? [value] : []
  );

/** The table of runs that had the same options. */
function table(all: readonly Result[]): string {
  const more = OF_LOSSES.filter((signal) =>
    all.some((run) => ofLosses(run, signal).length > 0)
  );
  const rows = CASES.flatMap(({ name }) => {
    const runs = all.filter((one) => one.name === name);
    if (runs.length === 0) return [];
    const cells = SHOWN.map((signal) =>
      range(
        runs.flatMap(({ signals }) => signals[signal] ?? []),
        DIGITS[signal],
      )
    );
    const knn = range(runs.flatMap((run) => 100 * (run.knn ?? NaN)), 0);
    const lowest = range(
      runs.flatMap((run) => run.lowest["correlation_rank"] ?? []),
      2,
    );
    const own = more.map((signal) =>
      range(runs.flatMap((run) => ofLosses(run, signal)), 3)
    );
    return [[
      name,
      `${runs.length}`,
      verdicts(runs),
      ...cells,
      ...own,
      lowest,
      knn,
    ]];
  });
  const head = [
    "run",
    "seeds",
    "first verdict",
    ...SHOWN,
    ...more,
    "lowest correlation_rank",
    "kNN %",
  ];
  return markdownTable([head, ...rows]);
}

/** Writes a table for all runs that had the same options. */
export async function writeSeparation(all: readonly Result[]): Promise<void> {
  const groups = Map.groupBy(
    all,
    ({ epochs, set, small }) =>
      [
        ...(small ? ["--small"] : [`--epochs ${epochs}`]),
        ...set.map((one) => `--set ${one}`),
      ].join(" "),
  );
  const tables = [...groups].map(([options, runs]) =>
    `With \`${options}\`:\n\n${table(runs)}`
  );
  await writeResult(
    new URL("README.md", import.meta.url),
    tables.join("\n\n"),
  );
}
