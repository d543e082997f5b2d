/** @file Runs over each other, by step, epoch or time. */
/// <reference lib="dom" />
import type { Buckets } from "../../look/draw/buckets.ts";
import { get, getSeries, listen } from "./api.ts";
import { ChartPanel, type Drawing, type Source, Zoom } from "./chart_panel.ts";
import { duration, figure, fill, h, percent } from "./dom.ts";
import { AXIS_NAMES, chartHead, legend } from "./run_curves.ts";
import { axisControl, runHref, verdictBadge } from "./run_head.ts";
import type { Axis, ChartInfo, Row, Run } from "./types.ts";

/** Runs that are drawn over each other; more cannot be told apart. */
const MOST_RUNS = 8;

/** One column of all runs. */
class Overlay implements Source {
  readonly key: string;
  readonly info: ChartInfo;
  readonly runs: readonly Run[];
  readonly chosen: { axis: Axis };
  readonly names: readonly string[];
  #curves: (Buckets | undefined)[] = [];

  constructor(
    key: string,
    info: ChartInfo,
    runs: readonly Run[],
    names: readonly string[],
    chosen: { axis: Axis },
  ) {
    this.key = key;
    this.info = info;
    this.runs = runs;
    this.names = names;
    this.chosen = chosen;
  }

  async load(
    range: readonly [number, number] | undefined,
    width: number,
    signal: AbortSignal,
  ): Promise<void> {
    this.#curves = await Promise.all(this.runs.map(async ({ id }) => {
      const { axis } = this.chosen;
      const keys = [this.key];
      const asked = { id, keys, axis, width, range };
      const { series } = await getSeries(asked, signal);
      return series[this.key];
    }));
  }

  drawing(): Drawing {
    return {
      title: this.key,
      xName: AXIS_NAMES[this.chosen.axis],
      ...(this.info.log ? { log: true } : {}),
      curves: this.#curves.flatMap((points, i) =>
        points
          ? [{
            name: this.names[i] as string,
            points,
            colour: i,
            dashed: i >= MOST_RUNS,
          }]
          : []
      ),
    };
  }
}

/** Settings in which some of the runs differ. */
const differing = (runs: readonly Run[]): string[] =>
  [...new Set(runs.flatMap(({ differs }) => Object.keys(differs)))]
    .filter((key) => new Set(runs.map(({ differs }) => differs[key])).size > 1);

/** Longer values are no part of a name. */
const SHORT = 24;

/** What tells runs apart: their names, and the settings in which they differ, else when they began. */
function namesOf(runs: readonly Run[]): string[] {
  const keys = differing(runs).filter((key) =>
    runs.every(({ differs }) => (differs[key] ?? "").length <= SHORT)
  ).slice(0, 3);
  const names = runs.map(({ name, differs }) =>
    [
      name,
      ...keys.flatMap((key) =>
        differs[key] === undefined
          ? []
          : [`${key.split(".").at(-1)}=${differs[key]}`]
      ),
    ].join(" ").slice(0, 60)
  );
  return names.map((name, i) =>
    names.some((other, j) => other === name && i !== j)
      ? `${name} ${runs[i]?.id.split("/").at(-1)}`
      : name
  );
}

/** All columns that some run has, with what they are. */
function columnsOf(runs: readonly Run[]): [string, ChartInfo][] {
  const found = new Map<string, [string, ChartInfo, number]>();
  for (const { charts } of runs) {
    for (const info of charts) {
      for (const key of info.keys) {
        const known = found.get(key);
        found.set(key, [key, info, (known?.[2] ?? 0) + 1]);
      }
    }
  }
  // What one run alone has cannot be compared.
  return [...found.values()].filter(([, , count]) => count > 1)
    .map(([key, info]) => [key, info]);
}

/** Settings in which some of the runs differ, beside each other. */
function settingsTable(
  runs: readonly Run[],
  names: readonly string[],
): HTMLElement {
  const row = (
    title: string,
    cells: readonly (string | HTMLElement[])[],
  ): HTMLElement =>
    h(
      "tr",
      {},
      h("th", { scope: "row" }, title),
      cells.map((cell) => h("td", {}, cell)),
    );
  return h(
    "div",
    {
      class: "scroll",
      tabindex: 0,
      role: "region",
      "aria-label": "Scores and settings",
    },
    h(
      "table",
      { class: "compared" },
      h(
        "thead",
        {},
        h(
          "tr",
          {},
          h("td", {}),
          names.map((name, i) =>
            h(
              "th",
              { scope: "col" },
              legend([["", i]]),
              h("a", { href: runHref(runs[i]?.id ?? "") }, name),
            )
          ),
        ),
      ),
      h(
        "tbody",
        {},
        row("verdict", runs.map((run) => verdictBadge(run))),
        row("kNN", runs.map(({ summary }) => percent(summary?.knn))),
        row(
          "linear probe",
          runs.map(({ summary }) => percent(summary?.linear)),
        ),
        runs.some(({ summary }) => summary?.accuracy !== undefined) &&
          row(
            "accuracy",
            runs.map(({ summary }) => percent(summary?.accuracy)),
          ),
        row("loss", runs.map(({ summary }) => figure(summary?.loss))),
        row("time", runs.map(({ summary }) => duration(summary?.seconds))),
        differing(runs).slice(0, 30).map((key) =>
          row(key, runs.map(({ differs }) => differs[key] ?? "–"))
        ),
      ),
    ),
  );
}

/** Shows runs over each other. */
export async function comparePage(
  main: HTMLElement,
  ids: readonly string[],
  signal: AbortSignal,
): Promise<void> {
  if (ids.length === 0) {
    fill(
      main,
      h("h1", {}, "Compare"),
      h(
        "p",
        {},
        "Mark two runs or more in the ",
        h("a", { href: "#/runs" }, "table of runs"),
        ".",
      ),
    );
    return;
  }
  const runs = await Promise.all(
    ids.slice(0, 2 * MOST_RUNS).map((id) => get<Run>("run", { id }, signal)),
  );
  const names = namesOf(runs);
  const chosen: { axis: Axis } = { axis: "step" };
  const zoom = new Zoom();
  const panels = columnsOf(runs).map(([key, info]) =>
    new ChartPanel(
      new Overlay(key, info, runs, names, chosen),
      zoom,
      signal,
      chartHead({ ...info, name: key }, undefined),
    )
  );
  const [first] = runs as [Run];
  fill(
    main,
    h("h1", {}, `Compare ${runs.length} runs`),
    settingsTable(runs, names),
    axisControl(
      {
        axes: first.axes.filter((axis) =>
          runs.every(({ axes }) => axes.includes(axis))
        ),
        measuredTime: runs.every(({ measuredTime }) => measuredTime),
      },
      chosen.axis,
      zoom,
      signal,
      (axis) => {
        chosen.axis = axis;
        zoom.set(undefined);
      },
    ),
    legend(names.map((name, i) => [name, i])),
    h("div", { class: "charts" }, panels.map(({ element }) => element)),
  );
  // Those that train go on: their pixels are asked for anew, a little later.
  const training = new Set(
    runs.filter(({ state }) => state === "training").map(({ id }) => id),
  );
  if (training.size === 0) return;
  const timer = setInterval(() => {
    if (training.size > 0 && zoom.range === undefined) {
      for (const panel of panels) void panel.load();
    }
  }, 2000);
  signal.addEventListener("abort", () => clearInterval(timer));
  listen("runs/events", {}, {
    runs: ({ changed }: { changed: Row[] }) => {
      for (const { id, state } of changed) {
        if (state !== "training") training.delete(id);
      }
    },
  }, signal);
}
