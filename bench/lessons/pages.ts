/** @file The tables of the lessons' pages. */
import { markdownTable, writeResult } from "../markdown.ts";
import { verdictText } from "../../lib/monitor/verdict.ts";
import { LESSONS } from "./lessons.ts";
import type { Result } from "./results.ts";

const range = (values: readonly number[], digits: number): string => {
  if (values.length === 0) return "–";
  const [low, high] = [Math.min(...values), Math.max(...values)]
    .map((value) => value.toFixed(digits));
  return low === high ? `${low}` : `${low} to ${high}`;
};

/** Signals that have a column where a lesson has them, by the part before a colon. */
const COLUMNS: readonly (readonly [name: string, digits: number])[] = [
  ["loss", 2],
  ["embedding_std", 2],
  ["correlation_rank", 1],
  ["prototype_use", 2],
  ["target_entropy", 2],
  ["prototype_information", 2],
];

/** Verdicts with how often each was. */
function verdicts(runs: readonly Result[]): string {
  const found = new Map<string, number[]>();
  for (const { verdict, alarms } of runs) {
    found.set(verdict, [
      ...found.get(verdict) ?? [],
      ...alarms.slice(0, 1).map(({ step }) => step),
    ]);
  }
  return [...found].map(([verdict, steps]) => {
    const times = runs.filter((one) => one.verdict === verdict).length;
    const when = steps.length === 0
      ? ""
      : verdict === "healthy"
      ? ` (${steps.length} warned of, and recovered)`
      : `, seen at step ${range(steps, 0)}`;
    return `${times} × ${verdictText(verdict)}${when}`;
  }).join("; ");
}

const valueOf = ({ signals }: Result, name: string): number | undefined => {
  const key = Object.keys(signals).find((one) =>
    one === name || one.startsWith(`${name}:`)
  );
  return key === undefined ? undefined : signals[key] ?? undefined;
};

/** The table of one lesson. */
function tableOf(lesson: string, all: readonly Result[]): string {
  const own = all.filter((one) => one.lesson === lesson);
  const columns = COLUMNS.filter(([name]) =>
    own.some((one) => valueOf(one, name) !== undefined)
  );
  const wrong = own.some(({ projector }) => projector !== null);
  const rows = Object.keys(LESSONS[lesson] ?? {}).flatMap((point) => {
    const runs = own.filter((one) => one.point === point);
    if (runs.length === 0) return [];
    const accuracy = (of: (one: Result) => number | null) =>
      range(runs.flatMap((one) => of(one) ?? []).map((x) => 100 * x), 0);
    return [[
      point,
      verdicts(runs),
      ...columns.map(([name, digits]) =>
        range(runs.flatMap((one) => valueOf(one, name) ?? []), digits)
      ),
      accuracy(({ knn }) => knn),
      ...(wrong ? [accuracy(({ projector }) => projector)] : []),
    ]];
  });
  const seeds = new Set(own.map(({ seed }) => seed)).size;
  const before = own.flatMap(({ untrained }) => untrained ?? [])
    .map((x) => 100 * x);
  return [
    markdownTable([
      [
        "point",
        "verdict",
        ...columns.map(([name]) => name),
        "kNN, %",
        ...(wrong ? ["kNN of the projector, %"] : []),
      ],
      ...rows,
    ]),
    `Up to ${seeds} seeds, lowest to highest, at the end of 300 steps of 32 images.${
      before.length > 0
        ? ` Before it is trained the encoder has a kNN accuracy of ${
          range(before, 0)
        } %; chance is 6.7 %.`
        : ""
    }`,
  ].join("\n\n");
}

/** Writes the table of every lesson that has results into its page. */
export async function writePages(all: readonly Result[]): Promise<void> {
  for (const lesson of Object.keys(LESSONS)) {
    if (!all.some((one) => one.lesson === lesson)) continue;
    const page = new URL(`../../docs/lessons/${lesson}.md`, import.meta.url);
    await writeResult(page, tableOf(lesson, all));
  }
}
