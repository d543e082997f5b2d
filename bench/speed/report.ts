/** @file The tables of the README, from results. */
import { markdownTable } from "../markdown.ts";
import { type Bench, MORE_IS_BETTER } from "./bench.ts";
import { better } from "./measure.ts";
import {
  gigaflop,
  measured,
  medianText,
  percent,
  ratioText,
} from "./format.ts";
import type { SideSamples } from "./measure.ts";
import type { Result } from "./results.ts";
import { AXES } from "./rows/growth.ts";
import { median, ratios } from "./statistics.ts";

/** A bench and its last result. */
export interface Measured {
  readonly bench: Bench;
  readonly result: Result;
}

/** Results of each machine. */
function byMachine(all: readonly Measured[]): readonly Measured[][] {
  return [...Map.groupBy(all, ({ result }) => result.machine).values()];
}

const grows = (all: readonly Measured[]): boolean =>
  all.some(({ bench }) => bench.group === "growth");

const middle = ({ samples }: SideSamples): number => median(samples);

const label = ({ name, way }: SideSamples): string =>
  way === undefined ? name : `${name}, ${way}`;

/** The best side first. */
function ranked(bench: Bench, sides: readonly SideSamples[]): SideSamples[] {
  return sides.toSorted((a, b) => better(bench, middle(a), middle(b)) ? -1 : 1);
}

function reached(bench: Bench, ratio: number): string {
  if (!bench.target) return "";
  const { bound, ratio: limit } = bench.target;
  return (bound === "least" ? ratio >= limit : ratio <= limit) ? "yes" : "no";
}

const targetText = ({ target }: Bench): string =>
  target ? `${target.bound === "least" ? "≥" : "≤"} ${target.ratio}` : "";

function againstRow({ bench, result }: Measured): string[] {
  const [ours, ...others] = result.sides;
  if (!ours) return [bench.title];
  const [best, ...rest] = ranked(bench, others);
  const ratio = ratios(
    ours.samples,
    others.map(({ samples }) => samples),
    MORE_IS_BETTER[bench.unit],
  );
  return [
    bench.title,
    (ours.way === undefined ? "" : `${ours.way}: `) +
    measured(ours.samples, bench.unit),
    [
      ...best ? [`${label(best)}: ${measured(best.samples, bench.unit)}`] : [],
      ...rest.map((side) =>
        `${label(side)}: ${medianText(side.samples, bench.unit)}`
      ),
    ].join("; "),
    ratioText(ratio),
    targetText(bench),
    reached(bench, median(ratio)),
    `${ours.samples.length}`,
  ];
}

function againstTable(all: readonly Measured[]): string {
  return markdownTable([
    ["work", "Stopgrad", "other", "ratio", "target", "reached", "n"],
    ...all.map(againstRow),
  ]);
}

function limitTable(all: readonly Measured[]): string {
  return markdownTable([
    ["op", "by TensorFlow", "by PyTorch"],
    ...all.map(({ bench, result }) => [
      bench.title,
      ...result.sides.map((side) =>
        `${measured(side.samples, bench.unit)}, ${side.way}`
      ),
    ]),
  ]);
}

/** The steps' rates against the machine's, where both were measured. */
function shareTable(all: readonly Measured[]): string {
  const rows = all.flatMap(({ bench: { rate }, result }) => {
    const limit = all.find(({ bench }) => bench.id === rate?.of)?.result;
    const [ours] = result.sides;
    if (!rate || !limit || !ours?.flops) return [];
    const speed = middle(ours) * ours.flops;
    const most = limit.sides.flatMap(({ samples }) => samples);
    const share = speed / Math.max(...most);
    const { share: target } = rate;
    return [[
      rate.title,
      gigaflop(ours.flops),
      gigaflop(speed),
      percent(share),
      target === undefined ? "" : `≥ ${percent(target)}`,
      target === undefined ? "" : share >= target ? "yes" : "no",
    ]];
  });
  return rows.length === 0 ? "" : markdownTable([
    ["step", "GFLOP an image", "GFLOP/s", "share", "target", "reached"],
    ...rows,
  ]);
}

function growthTable(all: readonly Measured[]): string {
  const rows = all.flatMap(({ bench, result }) => {
    const [side] = result.sides;
    if (!side) return [];
    const flops = side.flops ?? Number.NaN;
    return [[
      bench.title,
      measured(side.samples, bench.unit),
      gigaflop(flops),
      gigaflop(middle(side) * flops),
    ]];
  });
  return markdownTable([
    ["what grows", "speed", "GFLOP an image", "GFLOP/s"],
    ...rows,
  ]);
}

/** Points of a chart. */
export interface Panel {
  readonly title: string;
  /** What grows, images a second, operations a second. */
  readonly points: readonly (readonly [number, number, number])[];
}

/** One chart for each thing that grows, on the first machine that has some. */
export function growthPanels(all: readonly Measured[]): Panel[] {
  const [one] = byMachine(all).filter(grows);
  return AXES.flatMap(({ name, title }) => {
    const points = (one ?? []).flatMap(({ bench, result }) => {
      const [side] = result.sides;
      if (bench.point?.axis !== name || !side) return [];
      const speed = middle(side);
      const rate = speed * (side.flops ?? Number.NaN);
      return [[bench.point.at, speed, rate] as const];
    });
    return points.length > 1 ? [{ title, points }] : [];
  });
}

/** On what, with what and when the results were made: each only once. */
function surroundings(all: readonly Measured[]): string {
  const each = <T>(values: readonly T[]): string =>
    [...new Set(values)].join("; ");
  const results = all.map(({ result }) => result);
  const dates = results.map(({ date }) => date).sort();
  const [first, last] = [dates[0], dates.at(-1)];
  const versions = results.flatMap(({ sides }) =>
    sides.flatMap((side) => side.versions)
  );
  return [
    `Machine: ${each(results.map(({ machine }) => machine))}`,
    `Threads: ${each(results.map(({ threads }) => threads))}`,
    // Commands from outside do not say theirs.
    ...versions.length > 0 ? [[...new Set(versions)].sort().join(", ")] : [],
    `Stopgrad at ${each(results.map(({ commit }) => commit))}`,
    first === last ? `${first}` : `${first} to ${last}`,
  ].map((line) => `- ${line}`).join("\n");
}

/** Tables of one machine, under headings of a level. */
function tablesOf(
  all: readonly Measured[],
  level: string,
  chart?: string,
): string[] {
  const of = (group: Bench["group"]): Measured[] =>
    all.filter(({ bench }) => bench.group === group);
  const section = (
    title: string,
    group: Bench["group"],
    ...parts: readonly string[]
  ): string[] =>
    of(group).length === 0
      ? []
      : [`${level} ${title}`, ...parts.filter((part) => part !== "")];
  return [
    ...section("Side by side", "against", againstTable(of("against"))),
    ...section(
      "The machine's limit",
      "limit",
      limitTable(of("limit")),
      shareTable(all),
    ),
    ...section(
      "Growth of cost",
      "growth",
      growthTable(of("growth")),
      chart === undefined ? "" : `![Speed against size](${chart})`,
    ),
    `${level} Made with`,
    surroundings(all),
  ];
}

/**
 * All tables, as Markdown, machine by machine.
 *
 * @param chart File of the growth's chart, where there is one.
 */
export function report(all: readonly Measured[], chart?: string): string {
  if (all.length === 0) return "Nothing was measured yet.";
  const machines = byMachine(all);
  const charted = machines.find(grows);
  const parts = machines.flatMap((some) => {
    const [first] = some;
    const link = some === charted ? chart : undefined;
    return machines.length === 1 || !first
      ? tablesOf(some, "###", link)
      : [`### On ${first.result.machine}`, ...tablesOf(some, "####", link)];
  });
  return parts.join("\n\n");
}
