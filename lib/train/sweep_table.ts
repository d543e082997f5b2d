/** @file The table of a sweep: a row for the points that differ in seed alone. */
import type { Figure } from "../pipeline/sweep/sweep.ts";
import { verdictText } from "../monitor/verdict.ts";
import { barChart } from "./bar_chart.ts";
import type { PointRecord, PointResult, SweepRecord } from "./sweep_folder.ts";
import type { Summary } from "./summary.ts";

/** A figure of a run, as a column shows it. */
interface Column {
  readonly head: string;
  readonly of: (summary: Summary) => number | null;
  /** Factor of what is shown. */
  readonly scale: number;
  readonly digits: number;
}

const COLUMNS: readonly Column[] = [
  { head: "linear, %", of: ({ linear }) => linear, scale: 100, digits: 1 },
  { head: "kNN, %", of: ({ knn }) => knn, scale: 100, digits: 1 },
  {
    head: "accuracy, %",
    of: ({ accuracy }) => accuracy ?? null,
    scale: 100,
    digits: 1,
  },
  {
    head: "projector kNN, %",
    of: ({ compared }) => compared?.watched?.knn ?? null,
    scale: 100,
    digits: 1,
  },
  { head: "loss", of: ({ loss }) => loss, scale: 1, digits: 3 },
  {
    head: "embedding_std",
    of: (summary) => summary.embedding_std,
    scale: 1,
    digits: 3,
  },
];

/** Columns that the chart shows, the first that has a figure. */
const CHARTED = ["linear, %", "kNN, %", "accuracy, %", "embedding_std"];

/** Mean and spread of a figure over seeds. */
export interface Statistic {
  readonly mean: number;
  /** Sample standard deviation, with n - 1; absent for one value. */
  readonly std?: number;
  /** Values that there are. */
  readonly count: number;
}

/** Mean and sample standard deviation; `undefined` of nothing. */
export function statistic(values: readonly number[]): Statistic | undefined {
  const count = values.length;
  if (count === 0) return undefined;
  const mean = values.reduce((sum, value) => sum + value, 0) / count;
  if (count === 1) return { mean, count };
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return { mean, std: Math.sqrt(squares / (count - 1)), count };
}

/** Points that differ in their seeds alone. */
interface Row {
  readonly name: string;
  readonly paper?: Figure;
  readonly points: readonly PointRecord[];
  readonly results: readonly PointResult[];
}

/** Rows of a sweep, in the order of their first points. */
function rowsOf({ points }: SweepRecord): readonly Row[] {
  const rows = new Map<string, PointRecord[]>();
  for (const point of points) {
    rows.set(point.row, [...rows.get(point.row) ?? [], point]);
  }
  return [...rows].map(([name, points]) => {
    const paper = points.find((point) => point.paper !== undefined)?.paper;
    return {
      name,
      points,
      results: points.flatMap(({ result }) => result ?? []),
      ...(paper === undefined ? {} : { paper }),
    };
  });
}

const valueOf = (column: Column, { results }: Row): Statistic | undefined =>
  statistic(
    results.flatMap(({ summary }) => column.of(summary) ?? [])
      .map((value) => value * column.scale),
  );

function cell(column: Column, row: Row): string {
  const value = valueOf(column, row);
  if (!value) return "–";
  const text = [value.mean, value.std ?? []].flat().map((number) =>
    number.toFixed(column.digits)
  ).join(" ± ");
  // Runs that were interrupted, or that nothing was asked of, have none.
  return value.count < row.points.length && row.points.length > 1
    ? `${text} (n = ${value.count})`
    : text;
}

function verdict({ points, results }: Row): string {
  if (results.length === 0) return "not run";
  const all = results.map(({ summary, alarm }) =>
    points.length === 1 && alarm?.verdict === summary.verdict
      ? `${verdictText(summary.verdict)} at step ${alarm.step}`
      : verdictText(summary.verdict)
  );
  const kinds = [...new Set(all)];
  const missing = points.length - results.length;
  return [
    kinds.length === 1 && missing === 0
      ? kinds[0]
      : kinds.map((kind) =>
        `${all.filter((one) => one === kind).length} ${kind}`
      ).join(", "),
    ...(missing > 0 ? [`${missing} not run`] : []),
  ].join(", ");
}

/** A sweep as cells of text. */
export interface SweepTable {
  /** Heads of the columns. */
  readonly head: readonly string[];
  /** A row for the points that differ in seed alone. */
  readonly rows: readonly (readonly string[])[];
  /** What the figures are and where runs went wrong, one line each. */
  readonly notes: readonly string[];
}

/** How long the points were, of those that have ended. */
function lengths(rows: readonly Row[]): string | undefined {
  const all = rows.flatMap(({ results }) => results);
  const range = (of: (summary: Summary) => number): string => {
    const values = all.map(({ summary }) => of(summary));
    const [low, high] = [Math.min(...values), Math.max(...values)]
      .map((value) => Number(value.toPrecision(3)).toLocaleString("en"));
    return low === high ? `${low}` : `${low} to ${high}`;
  };
  return all.length === 0
    ? undefined
    : `${range(({ steps }) => steps)} steps, ${
      range(({ epochs }) => epochs)
    } epochs`;
}

/** What a small run does not tell. */
function reservations(rows: readonly Row[]): string[] {
  const length = lengths(rows);
  if (length === undefined) return [];
  const short = rows.flatMap(({ results }) => results)
    .filter(({ summary }) => summary.verdict === "too_short");
  const needed = Math.max(
    ...short.map(({ summary }) => summary.judged_from),
  );
  const beside = rows.flatMap(({ results }) => results)
    .flatMap(({ summary }) => summary.compared ?? [])[0];
  const before = beside?.untrained.knn ?? beside?.untrained.linear;
  return [
    ...(beside && typeof before === "number"
      ? [
        `Before it was trained the encoder has ${
          (100 * before).toFixed(1)
        } %, chance is ${
          (100 * beside.chance).toFixed(1)
        } %. A point that went wrong is judged as it ended: its projector, which collapses first, beside its encoder`,
      ]
      : []),
    ...(rows.some(({ paper }) => paper !== undefined)
      ? [
        `Here: ${length}. A paper trains far longer on far more images: compare how rows differ, not figures across columns; what is healthy or not judged here may still fail there`,
      ]
      : []),
    ...(short.length > 0
      ? [
        `${verdictText("too_short")}: nothing failed, but a fault may need ${
          needed.toLocaleString("en")
        } steps to show`,
      ]
      : []),
  ];
}

function notes(record: SweepRecord, rows: readonly Row[]): string[] {
  const { figure, source } = record.paper;
  const seeds = rows.some(({ points }) => points.length > 1);
  const what = [figure, source].filter((one) => one !== undefined).join("; ");
  return [
    ...(what && rows.some(({ paper }) => paper !== undefined)
      ? [`Paper: ${what}`]
      : []),
    ...reservations(rows),
    ...(seeds ? ["±: sample standard deviation over the seeds"] : []),
    ...record.points.flatMap(({ name, result }) =>
      result?.alarm
        ? [
          `${name}: ${result.alarm.verdict} at step ${result.alarm.step}: ${result.alarm.message}`,
        ]
        : []
    ),
  ];
}

/** The table of a sweep; columns in which no point has a figure are left out. */
export function sweepTable(record: SweepRecord): SweepTable {
  const rows = rowsOf(record);
  const columns = COLUMNS.filter((column) =>
    rows.some((row) => valueOf(column, row))
  );
  const cited = rows.some(({ paper }) => paper !== undefined);
  const { unit } = record.paper;
  return {
    head: [
      "point",
      "verdict",
      ...columns.map(({ head }) => head),
      ...(cited ? [unit ? `paper, ${unit}` : "paper"] : []),
    ],
    rows: rows.map((row) => [
      row.name,
      verdict(row),
      ...columns.map((column) => cell(column, row)),
      ...(cited ? [String(row.paper ?? "–")] : []),
    ]),
    notes: notes(record, rows),
  };
}

/** Bars of the first figure that the points have, beside those of the paper. */
export function sweepChart(record: SweepRecord): string {
  const rows = rowsOf(record);
  const column = CHARTED.flatMap((head) =>
    COLUMNS.find((one) => one.head === head) ?? []
  ).find((one) => rows.some((row) => valueOf(one, row)));
  if (!column) return "";
  // Only a percentage stands on one scale with a percentage.
  const beside = record.paper.unit === "%" && column.head.endsWith("%");
  return barChart(
    column.head,
    rows.map((row) => ({
      label: row.name,
      values: [
        valueOf(column, row)?.mean ?? verdict(row),
        ...(beside && row.paper !== undefined ? [row.paper] : []),
      ],
    })),
    { names: beside ? ["here", "paper"] : ["here"], digits: column.digits },
  );
}

const escape = (text: string): string => text.replaceAll("|", "\\|");

/** The table and the chart as a Markdown file. */
export function sweepMarkdown(record: SweepRecord): string {
  const { head, rows, notes } = sweepTable(record);
  const line = (cells: readonly string[]): string =>
    `| ${cells.map(escape).join(" | ")} |`;
  const chart = sweepChart(record);
  return [
    `# ${record.pipeline}`,
    [
      line(head),
      line(head.map((_, i) => i < 2 ? "---" : "--:")),
      ...rows.map(line),
    ].join("\n"),
    ...(notes.length > 0 ? [notes.map((note) => `- ${note}`).join("\n")] : []),
    ...(chart ? [["```text", chart, "```"].join("\n")] : []),
  ].join("\n\n") + "\n";
}
