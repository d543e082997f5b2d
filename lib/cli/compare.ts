/** @file `compare RUN RUN...`: what differs in runs, and what became of them. */
import { UserError } from "../errors.ts";
import {
  type ComparedAxis,
  type ComparedRun,
  curvesOf,
  differencesOf,
  endValues,
  readCompared,
} from "../look/compare.ts";
import { verdictText } from "../monitor/verdict.ts";
import { overlay } from "./chart.ts";
import { EXIT, type ExitCode } from "./exit.ts";
import { duration, integer, percent } from "./format.ts";
import { checkNew, writeNew } from "./new_file.ts";
import { print, say } from "./say.ts";
import { type Align, table } from "./table.ts";

/** Options of the command. */
export interface CompareCommand {
  readonly metric: readonly string[];
  readonly axis: ComparedAxis;
  readonly out?: string;
  readonly force?: boolean;
}

const LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
/** Characters of a curve. */
const WIDTH = 60;
/** Longer values are cut in the table; `--out` has them whole. */
const MOST_VALUE = 40;

const short = (text: string): string =>
  text.length > MOST_VALUE ? `${text.slice(0, MOST_VALUE - 1)}…` : text;

/** An accuracy, with the interval that a bootstrap over its test images gave. */
function score(
  value: number | null | undefined,
  interval: readonly [number, number] | undefined,
): string {
  if (value === null || value === undefined) return "–";
  if (!interval) return percent(value);
  const [low, high] = interval.map((end) => (100 * end).toFixed(1));
  return `${percent(value)} (${low} to ${high})`;
}

function outcomes(runs: readonly ComparedRun[], letters: readonly string[]) {
  const classified = runs.some(({ summary }) =>
    summary?.accuracy !== undefined
  );
  const scores = ["kNN", "linear", ...(classified ? ["accuracy"] : [])];
  return table([
    [
      "",
      "run",
      "steps",
      "epochs",
      "time",
      "images/s",
      "loss",
      ...scores,
      "verdict",
    ],
    ...runs.map(({ path, summary: one }, i) => [
      letters[i] as string,
      path,
      ...(one
        ? [
          integer(one.steps),
          one.epochs.toFixed(1),
          duration(one.seconds),
          one.images_per_second ? integer(one.images_per_second) : "–",
          one.loss?.toFixed(4) ?? "–",
          score(one.knn, one.knn_interval),
          score(one.linear, one.linear_interval),
          ...(classified ? [score(one.accuracy, one.accuracy_interval)] : []),
          verdictText(one.verdict),
        ]
        : ["–", "–", "–", "–", "–", ...scores.map(() => "–"), "not ended"]),
    ]),
  ], [
    "left",
    "left",
    ...Array<Align>(5 + scores.length).fill("right"),
    "left",
  ]);
}

function* sections(
  runs: readonly ComparedRun[],
  { metric, axis }: CompareCommand,
): Generator<string> {
  const letters = [...LETTERS];
  yield outcomes(runs, letters);
  const head = ["", ...runs.map((_, i) => letters[i] as string)];
  const differences = differencesOf(runs);
  yield differences.length === 0 ? "Their pipelines are the same." : table([
    ["differs", ...head.slice(1)],
    ...differences.map(({ key, values }) => [
      key,
      ...values.map((value) => short(value ?? "–")),
    ]),
  ], head.map(() => "left"));
  for (const key of metric) {
    const curves = curvesOf(runs, key, axis, WIDTH);
    const drawn = curves.map((points, i) => ({
      mark: letters[i] as string,
      points,
    })).filter(({ points }) => points.length > 0);
    yield `${key}, by ${axis}\n${overlay(drawn, WIDTH)}`;
  }
  yield table([
    ["at the end", ...head.slice(1)],
    ...endValues(runs).map(({ key, values }) => [
      key,
      ...values.map((value) =>
        value === null ? "–" : String(Number(value.toPrecision(4)))
      ),
    ]),
  ], ["left", ...runs.map((): Align => "right")]);
}

/** Refuses metrics that none of the runs has. */
function checkMetrics(
  runs: readonly ComparedRun[],
  wanted: readonly string[],
): void {
  const known = new Set(runs.flatMap(({ metrics }) => metrics.keys));
  const unknown = wanted.find((key) => !known.has(key));
  if (unknown === undefined) return;
  throw new UserError(
    known.size === 0
      ? "Cannot draw curves: none of the runs has done a step."
      : `Cannot draw "${unknown}": none of the runs has such a metric.\nThey have ${
        [...known].join(", ")
      }.`,
  );
}

/** Everything, for other programs. */
const plain = (runs: readonly ComparedRun[]): string =>
  `${
    JSON.stringify(
      {
        runs: runs.map(({ path, summary }) => ({
          path,
          summary: summary ?? null,
        })),
        differences: differencesOf(runs).map(({ key, values }) => ({
          key,
          values: values.map((value) => value ?? null),
        })),
        end_values: endValues(runs),
      },
      null,
      2,
    )
  }\n`;

/** Runs the command. */
export async function compare(
  paths: readonly string[],
  options: CompareCommand,
): Promise<ExitCode> {
  const { out, force, metric } = options;
  if (paths.length > LETTERS.length) {
    throw new UserError(
      `Cannot compare ${paths.length} runs: their curves have ${LETTERS.length} letters.\nGive fewer.`,
    );
  }
  if (out !== undefined) {
    if (!out.endsWith(".json")) {
      throw new UserError(
        `Cannot tell the format of "${out}": expected a name that ends with .json.`,
      );
    }
    await checkNew(out, { force });
  }
  const runs = await readCompared(paths);
  checkMetrics(runs, metric);
  if (out !== undefined) await writeNew(out, plain(runs));
  print([...sections(runs, options)].join("\n\n"));
  if (out !== undefined) say(`Written to ${out}`);
  return EXIT.success;
}
