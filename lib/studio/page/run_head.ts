/** @file The head of a run's pages: name, state, verdict, scores, ways to look at it. */
/// <reference lib="dom" />
import type { Zoom } from "./chart_panel.ts";
import { type Child, duration, figure, h, percent } from "./dom.ts";
import type { Axis, Row, Run, Standing } from "./types.ts";

/** Pages of a run. */
const PAGES = {
  curves: "Curves",
  graph: "Graph",
  spectrum: "Spectrum",
  embeddings: "Embeddings",
  views: "Views",
  pipeline: "Pipeline",
} as const;

/** One of a run's pages. */
export type RunPage = keyof typeof PAGES;

/** Address of a run's page. */
export const runHref = (id: string, page: RunPage = "curves"): string =>
  `#/run/${encodeURIComponent(id)}${page === "curves" ? "" : `/${page}`}`;

/** Verdicts that are no fault; any other is one. */
const KINDS: Readonly<Record<string, string>> = {
  healthy: "good",
  falling: "warn",
  too_short: "",
  not_watched: "",
};

/** The verdict as a word with a colour; the word alone says it. */
export function verdictBadge(
  { verdict, state, summary }: {
    readonly verdict?: string | null;
    readonly state: Row["state"];
    readonly summary?: Row["summary"];
  },
): HTMLElement[] {
  const said = state === "ended" ? summary?.verdict ?? verdict : verdict;
  return [
    ...(state === "ended" ? [] : [
      h(
        "span",
        { class: `badge ${state === "training" ? "live" : ""}` },
        state,
      ),
    ]),
    ...(said
      ? [h("span", {
        class: `badge ${Object.hasOwn(KINDS, said) ? KINDS[said] : "bad"}`,
      }, said.replaceAll("_", " "))]
      : []),
  ];
}

/** Title and tabs. */
export function runHead(
  run: Pick<Run, "id" | "name" | "state" | "summary"> & {
    readonly verdict?: string | null;
  },
  page: RunPage,
): HTMLElement {
  return h(
    "div",
    { class: "head" },
    h(
      "h1",
      {},
      run.name,
      " ",
      h("span", { class: "badges" }, verdictBadge(run)),
    ),
    h("p", { class: "quiet" }, run.id),
    h(
      "nav",
      { class: "tabs", "aria-label": "This run" },
      Object.entries(PAGES).map(([name, title]) =>
        h("a", {
          href: runHref(run.id, name as RunPage),
          "aria-current": name === page ? "page" : undefined,
        }, title)
      ),
    ),
  );
}

const pair = (name: string, value: Child): Child =>
  h("div", {}, h("dt", {}, name), h("dd", {}, value));

/** How a run stands: its figures, and its alarms with their cures. */
export function figures(
  { summary, step, epoch, alarms, falls, verdict, state }: Standing,
  run: Run,
): Child {
  const told = alarms.length > 0 ? alarms : run.alarms;
  return [
    h(
      "dl",
      { class: "figures" },
      pair("kNN", percent(summary?.knn)),
      pair("linear probe", percent(summary?.linear)),
      summary?.accuracy !== undefined
        ? pair("accuracy", percent(summary.accuracy))
        : undefined,
      pair("loss", figure(summary?.loss)),
      pair("step", String(step)),
      pair("epoch", figure(epoch ?? summary?.epochs, 3)),
      summary ? pair("time", duration(summary.seconds)) : undefined,
      summary
        ? pair("images/s", figure(summary.images_per_second, 4))
        : undefined,
      summary?.engine
        ? pair("computed by", `${summary.engine}, ${summary.device}`)
        : undefined,
    ),
    summary?.note !== undefined &&
    h("p", { class: "quiet" }, `Scores: ${summary.note}`),
    told.map(({ verdict, step, message, cures, action }) =>
      h(
        "details",
        { class: "alarm", open: true },
        h(
          "summary",
          {},
          `Step ${step}: ${verdict.replaceAll("_", " ")}${
            action === "stop" ? ", which stops the run" : ""
          }`,
        ),
        h("p", {}, message),
        h("ul", {}, cures.map((cure) => h("li", {}, cure))),
      )
    ),
    falls.slice(-3).map(({ step, message }) =>
      h("p", { class: "fall" }, `Step ${step}: ${message}`)
    ),
    told.length === 0 && verdict === "healthy" && state === "training" &&
    h("p", { class: "quiet" }, "No signal is beyond its threshold."),
  ];
}

/** Chooses the axis, and shows all again. */
export function axisControl(
  { axes, measuredTime }: Pick<Run, "axes" | "measuredTime">,
  axis: Axis,
  zoom: Zoom,
  signal: AbortSignal,
  choose: (axis: Axis) => void,
): HTMLElement {
  const names: Readonly<Record<Axis, string>> = {
    step: "step",
    epoch: "epoch",
    seconds: measuredTime ? "time of training" : "time, estimated",
  };
  const all = h("button", {
    type: "button",
    disabled: true,
    click: () => zoom.set(undefined),
  }, "Show all");
  zoom.listen(() => {
    all.disabled = zoom.range === undefined;
  }, signal);
  return h(
    "div",
    { class: "controls" },
    h(
      "label",
      {},
      "Along ",
      h(
        "select",
        {
          change: (event: Event) =>
            choose((event.target as HTMLSelectElement).value as Axis),
        },
        axes.map((one) =>
          h("option", { value: one, selected: one === axis }, names[one])
        ),
      ),
    ),
    all,
    h(
      "span",
      { class: "quiet" },
      "Drag over a chart to zoom; double-click shows all.",
    ),
  );
}
