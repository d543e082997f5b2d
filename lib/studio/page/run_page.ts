/** @file A run: how it stands, and its curves, live. */
/// <reference lib="dom" />
import { get, listen } from "./api.ts";
import { ChartPanel, Zoom } from "./chart_panel.ts";
import { fill, h, say } from "./dom.ts";
import { axisControl, figures, runHead, verdictBadge } from "./run_head.ts";
import {
  chartHead,
  legend,
  type Looked,
  RunCurves,
  shortName,
} from "./run_curves.ts";
import type { NewRows, Run, Standing } from "./types.ts";

const SECTIONS: Readonly<Record<string, string>> = {
  loss: "Loss",
  signals: "Signals",
  schedule: "Schedule",
  pace: "Speed",
  others: "Others",
};

/** Shows a run's curves. */
export async function runPage(
  main: HTMLElement,
  id: string,
  signal: AbortSignal,
): Promise<void> {
  const run = await get<Run>("run", { id }, signal);
  const looked: Looked = {
    run,
    standing: { ...run, summary: run.summary ?? null },
    axis: "step",
  };
  const zoom = new Zoom();
  const standing = h("div", { class: "standing" });
  const charts = h("div", { class: "sections" });
  let panels: ChartPanel[] = [];
  let sources: RunCurves[] = [];
  let shown = "";

  const build = (): void => {
    const text = JSON.stringify(looked.standing.charts);
    if (text === shown) return;
    shown = text;
    panels = [];
    sources = [];
    const sections = Object.entries(SECTIONS).flatMap(([section, title]) => {
      const own = looked.standing.charts.filter((one) =>
        one.section === section
      );
      if (own.length === 0) return [];
      return [h(
        "section",
        { class: "section", "aria-label": title },
        h("h2", {}, title),
        h(
          "div",
          { class: "charts" },
          own.map((info) => {
            const source = new RunCurves(info, looked);
            const names = info.keys.length > 1 &&
              legend(info.keys.map((key, i) => [shortName(key, info), i]));
            const panel = new ChartPanel(
              source,
              zoom,
              signal,
              chartHead(info, names),
            );
            panels.push(panel);
            sources.push(source);
            return panel.element;
          }),
        ),
      )];
    });
    fill(
      charts,
      sections.length > 0 ? sections : h(
        "p",
        {},
        "No step was logged yet. Curves appear as the run writes them.",
      ),
    );
  };
  const tell = (): void => fill(standing, figures(looked.standing, run));

  fill(
    main,
    runHead(run, "curves"),
    standing,
    axisControl(run, looked.axis, zoom, signal, (axis) => {
      looked.axis = axis;
      zoom.set(undefined);
    }),
    charts,
  );
  tell();
  build();

  listen("run/events", { id, after: `${run.generation}:${run.rows}` }, {
    rows: (rows: NewRows) => {
      sources.forEach((source, i) => {
        if (source.add(rows)) panels[i]?.draw();
        else void panels[i]?.load();
      });
    },
    anew: () => panels.forEach((panel) => void panel.load()),
    state: (now: Standing) => {
      const before = looked.standing;
      looked.standing = now;
      if (now.alarms.length > before.alarms.length) {
        say(`Alarm: ${now.alarms.at(-1)?.message}`);
      } else if (now.state !== before.state) say(`The run is ${now.state}.`);
      tell();
      build();
      const badge = main.querySelector(".head .badges");
      if (badge) fill(badge, verdictBadge(now));
      for (const panel of panels) panel.draw();
    },
  }, signal);
}
