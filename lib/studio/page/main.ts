/** @file The page: which of its parts an address shows. */
/// <reference lib="dom" />
import { fill, h } from "./dom.ts";
import { comparePage } from "./compare_page.ts";
import { editorPage } from "./editor_page.ts";
import { embeddingPage } from "./embedding_page.ts";
import { graphPage } from "./graph_page.ts";
import { runPage } from "./run_page.ts";
import { runsPage } from "./runs_page.ts";
import { pipelinePage } from "./pipeline_page.ts";
import { spectrumPage } from "./spectrum_page.ts";
import { sweepPage, sweepsPage } from "./sweep_page.ts";
import { viewsPage } from "./views_page.ts";

/** Shows a part, until the signal says that another one is shown. */
type Show = (
  main: HTMLElement,
  parts: readonly string[],
  signal: AbortSignal,
) => Promise<void>;

const RUN_PAGES: Readonly<
  Record<
    string,
    (main: HTMLElement, id: string, signal: AbortSignal) => Promise<void>
  >
> = {
  curves: runPage,
  graph: graphPage,
  spectrum: spectrumPage,
  embeddings: embeddingPage,
  views: viewsPage,
  pipeline: pipelinePage,
};

const PARTS: Readonly<Record<string, Show>> = {
  runs: (main, _, signal) => runsPage(main, signal),
  compare: (main, [ids = ""], signal) =>
    comparePage(main, ids.split(",").filter(Boolean), signal),
  sweeps: (main, _, signal) => sweepsPage(main, signal),
  sweep: (main, [id = ""], signal) => sweepPage(main, id, signal),
  editor: (main, [name = ""], signal) => editorPage(main, name, signal),
  run: async (main, [id = "", page = "curves"], signal) => {
    await (RUN_PAGES[page] ?? runPage)(main, id, signal);
  },
};

const MENU = [
  ["runs", "Runs"],
  ["sweeps", "Sweeps"],
  ["compare", "Compare"],
  ["editor", "Editor"],
] as const;

let shown = new AbortController();

async function show(): Promise<void> {
  shown.abort();
  shown = new AbortController();
  const { signal } = shown;
  const [, part = "runs", ...rest] = location.hash.split("/");
  const main = document.getElementById("main") as HTMLElement;
  const nav = document.getElementById("nav") as HTMLElement;
  fill(
    nav,
    MENU.map(([name, title]) =>
      h("a", {
        href: `#/${name}`,
        "aria-current": name === part ? "page" : undefined,
      }, title)
    ),
  );
  try {
    fill(main, h("p", { class: "quiet" }, "Loading…"));
    const known = PARTS[part] ?? PARTS["runs"] as Show;
    await known(main, rest.map(decodeURIComponent), signal);
    if (signal.aborted) return;
    document.title = `${
      main.querySelector("h1")?.textContent ?? "Runs"
    } – Stopgrad studio`;
  } catch (error) {
    if (signal.aborted) return;
    fill(
      main,
      h("h1", {}, "That did not work"),
      h("p", { class: "problem", role: "alert" }, (error as Error).message),
    );
  }
}

// The tab is closed, or shows another site; it may come back as it was.
globalThis.addEventListener("pagehide", () => shown.abort());
globalThis.addEventListener("pageshow", ({ persisted }) => {
  if (persisted) void show();
});
globalThis.addEventListener("hashchange", () => {
  void show().then(() => document.getElementById("main")?.focus());
});
void show();
