/** @file The stage graph of a run, with how each stage stands, live. */
/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
import { get, listen, post } from "./api.ts";
import { ChartPanel, Zoom } from "./chart_panel.ts";
import { type Child, figure, fill, h, orSay, say } from "./dom.ts";
import { runHead } from "./run_head.ts";
import { chartHead, legend, RunCurves, shortName } from "./run_curves.ts";
import { type DrawnStage, graphView } from "./stage_graph.ts";
import type { Run, Standing } from "./types.ts";

/** Spread and rank of a network, as they were computed. */
interface StageState {
  readonly stage: string;
  readonly spread: number;
  readonly rank: number;
  readonly features: number;
}

/** A value of the YAML as text. */
export const plain = (value: unknown): string =>
  typeof value === "string" ? value : JSON.stringify(value);

/** What is known of a stage, beside its signals. */
export function stageFacts(
  { name, title, shape, reads, options }: DrawnStage,
): Child {
  const all = typeof options === "object" && options !== null
    ? Object.entries(options)
    : [];
  return [
    h("h2", {}, name),
    h("p", {}, `${title}; gives ${shape}`),
    reads.length > 0 && h(
      "p",
      { class: "quiet" },
      "Reads ",
      reads.map(({ from, kind, label }) =>
        `${from}${label ? ` (${label})` : ""}${
          kind === "stopped"
            ? ", gradient stopped"
            : kind === "weights"
            ? ", weights followed"
            : ""
        }`
      ).join("; "),
    ),
    all.length > 0 && h(
      "table",
      { class: "options" },
      h("caption", {}, "Options, defaults written out"),
      h(
        "tbody",
        {},
        all.map(([key, value]) =>
          h("tr", {}, h("th", { scope: "row" }, key), h("td", {}, plain(value)))
        ),
      ),
    ),
  ];
}

/** Signals that are kept a stage, in the order in which they matter. */
const OF_A_STAGE = [
  "gradient_norm",
  "ema_distance",
  "loss",
  "loss_to_floor",
  "loss_to_uniform",
];
const MEASURE = "Measure spread and rank of every stage";
/** Those of the watched embedding. */
const WATCHED = ["embedding_std", "correlation_rank", "effective_rank"];

/** Shows the graph. */
export async function graphPage(
  main: HTMLElement,
  id: string,
  signal: AbortSignal,
): Promise<void> {
  const [run, { svg, stages }] = await Promise.all([
    get<Run>("run", { id }, signal),
    get<{ svg: string; stages: DrawnStage[] }>("run/graph", { id }, signal),
  ]);
  const looked = {
    run,
    standing: { ...run, summary: run.summary ?? null } as Standing,
    axis: "step" as const,
  };
  let measured = new Map<string, StageState>();
  const facts = h("aside", { class: "stage", "aria-live": "polite" });
  const told = h("p", { class: "quiet", role: "status" });
  let inside = new AbortController();
  let panels: [ChartPanel, RunCurves][] = [];

  const show = (stage: DrawnStage): void => {
    inside.abort();
    inside = new AbortController();
    signal.addEventListener("abort", () => inside.abort());
    const zoom = new Zoom();
    const { name } = stage;
    const watched = name === looked.run.watched ? WATCHED : [];
    const groups = looked.standing.charts.flatMap((info) => {
      const keys = info.keys.filter((key) =>
        key.split(":").slice(1).join(":") === name || watched.includes(key)
      );
      return keys.length > 0 ? [{ ...info, keys }] : [];
    });
    panels = groups.map((info) => {
      const source = new RunCurves(info, looked);
      const names = info.keys.length > 1 &&
        legend(info.keys.map((key, i) => [shortName(key, info), i]));
      return [
        new ChartPanel(source, zoom, inside.signal, chartHead(info, names)),
        source,
      ];
    });
    const state = measured.get(name);
    fill(
      facts,
      stageFacts(stage),
      state && h(
        "p",
        {},
        `Spread ${figure(state.spread, 3)}, rank ${
          figure(state.rank, 3)
        } of ${state.features} features.`,
      ),
      h("h3", {}, "Signals"),
      panels.length > 0
        ? panels.map(([{ element }]) => element)
        : h("p", { class: "quiet" }, "No signal is logged of this stage."),
    );
  };

  const view = graphView(svg, stages, show);
  const notes = (): void => {
    const { latest, alarms } = looked.standing;
    const bad = new Set(alarms.map(({ stage }) => stage));
    for (const { name } of stages) {
      const lines: string[] = [];
      const [first] = OF_A_STAGE.flatMap((signal) => {
        const value = latest[`${signal}:${name}`];
        if (value === undefined) return [];
        const word = signal === "gradient_norm"
          ? "gradient"
          : signal === "ema_distance"
          ? "distance"
          : signal;
        return [`${word} ${figure(value, 3)}`];
      });
      if (first) lines.push(first);
      const state = measured.get(name);
      const watched = name === looked.run.watched;
      const spread = watched ? latest["embedding_std"] : state?.spread;
      const rank = watched ? latest["correlation_rank"] : state?.rank;
      if (spread !== undefined) {
        lines.push(
          `spread ${figure(spread, 3)}${
            rank === undefined ? "" : `  rank ${figure(rank, 3)}`
          }`,
        );
      }
      view.note(name, lines, bad.has(name));
    }
    const { step, state } = looked.standing;
    told.textContent = `As of step ${step}${
      state === "training" ? ", live" : ""
    }. Gradient: norm of the stage's parameters' gradient. Spread and rank: of unit embeddings, and of their correlations.`;
  };
  const measure = h("button", {
    type: "button",
    click: async () => {
      measure.disabled = true;
      measure.textContent = "Measuring…";
      told.classList.remove("problem");
      let done = MEASURE;
      await orSay(told, signal, async () => {
        const { states, chosen, images } = await post<{
          states: StageState[];
          chosen: string;
          images: number;
        }>(`run/stages`, {}, signal, { id });
        measured = new Map(states.map((one) => [one.stage, one]));
        notes();
        say(`Measured ${states.length} stages`);
        done = `Measured at ${chosen}, ${images} images; again`;
      });
      measure.textContent = done;
      measure.disabled = false;
    },
  }, MEASURE);

  fill(
    main,
    runHead(run, "graph"),
    h("div", { class: "controls" }, measure, told),
    h(
      "div",
      { class: "beside" },
      h("div", {
        class: "graph scroll",
        tabindex: 0,
        role: "region",
        "aria-label": "Stage graph",
      }, view.element),
      facts,
    ),
  );
  fill(
    facts,
    h(
      "p",
      { class: "quiet" },
      "Choose a stage to see its options, shapes and signals.",
    ),
  );
  notes();
  listen("run/events", { id, after: `${run.generation}:${run.rows}` }, {
    rows: (rows: never) => {
      for (const [panel, source] of panels) {
        if (source.add(rows)) panel.draw();
        else void panel.load();
      }
    },
    anew: () => panels.forEach(([panel]) => void panel.load()),
    state: (now: Standing) => {
      looked.standing = now;
      notes();
    },
  }, signal);
}
