/** @file The table of runs: sorted, filtered, live. */
/// <reference lib="dom" />
import { get, listen } from "./api.ts";
import { type Child, date, duration, figure, fill, h, percent } from "./dom.ts";
import { runHref, verdictBadge } from "./run_head.ts";
import type { Row, Summary } from "./types.ts";

/** A column of the table. */
interface Column {
  readonly title: string;
  readonly numeric?: boolean;
  show(row: Row): Child;
  /** What it is sorted by. */
  by(row: Row): string | number;
}

const score = (
  title: string,
  of: (summary: Summary) => number | null | undefined,
  show: (value: unknown) => string,
): Column => ({
  title,
  numeric: true,
  show: ({ summary }) => show(summary ? of(summary) : undefined),
  by: ({ summary }) => (summary && of(summary)) ?? -Infinity,
});

const differences = ({ differs }: Row): string =>
  Object.entries(differs).map(([key, value]) => `${key}=${value}`).join(" ");

/** A value so short that a table can hold it. */
const brief = (text: string): string =>
  text.length > 40 ? `${text.slice(0, 37)}…` : text;

const SHOWN = 6;

const COLUMNS: readonly Column[] = [
  {
    title: "Run",
    show: ({ id, name }) => [
      h("a", { href: runHref(id) }, name),
      h("div", { class: "quiet small" }, id),
    ],
    by: ({ id }) => id,
  },
  {
    title: "Begun",
    show: ({ time }) => date(time),
    by: ({ time }) => time,
  },
  {
    title: "Verdict",
    show: (row) => verdictBadge(row),
    by: ({ state, summary }) => summary?.verdict ?? state,
  },
  score("kNN", ({ knn }) => knn, percent),
  score("Linear", ({ linear }) => linear, percent),
  score("Accuracy", ({ accuracy }) => accuracy, percent),
  score("Loss", ({ loss }) => loss, figure),
  score("Spread", ({ embedding_std }) => embedding_std, (x) => figure(x, 3)),
  score("Epochs", ({ epochs }) => epochs, (x) => figure(x, 3)),
  score("Time", ({ seconds }) => seconds, duration),
  {
    title: "What differs",
    show: ({ differs }) => {
      const all = Object.entries(differs);
      return [
        h(
          "ul",
          { class: "differs" },
          all.slice(0, SHOWN).map(([key, value]) =>
            h("li", { title: `${key}=${value}` }, brief(`${key}=${value}`))
          ),
        ),
        all.length > SHOWN &&
        h(
          "span",
          { class: "quiet small", title: differences({ differs } as Row) },
          `and ${all.length - SHOWN} more`,
        ),
      ];
    },
    by: differences,
  },
];

/** How the table was left. */
const kept = { filter: "", column: "Begun", up: false };

/** Runs that are marked to be compared. */
const marked = new Set<string>();

const textOf = (row: Row): string =>
  `${row.id} ${row.name} ${row.state} ${row.summary?.verdict ?? ""} ${
    differences(row)
  }`.toLowerCase();

/** Rows that hold every word of the filter. */
function chosen(rows: Iterable<Row>): Row[] {
  const words = kept.filter.toLowerCase().split(/\s+/).filter(Boolean);
  const column = COLUMNS.find(({ title }) => title === kept.column) ??
    COLUMNS[0] as Column;
  const sign = kept.up ? 1 : -1;
  return [...rows].filter((row) =>
    words.every((word) => textOf(row).includes(word))
  ).sort((a, b) => {
    const [x, y] = [column.by(a), column.by(b)];
    return sign * (x < y ? -1 : x > y ? 1 : 0) || (a.id < b.id ? -1 : 1);
  });
}

/** Tables of thousands of rows are slow; the filter finds what lies deeper. */
const MOST_ROWS = 500;

/** Shows the table. */
export async function runsPage(
  main: HTMLElement,
  signal: AbortSignal,
): Promise<void> {
  const rows = new Map(
    (await get<Row[]>("runs", {}, signal)).map((row) => [row.id, row]),
  );
  const body = h("tbody");
  const heads = h("tr");
  const count = h("p", { class: "quiet", role: "status" });
  const compare = h("a", { class: "button" }, "Compare");

  const tellMarked = (): void => {
    for (const id of marked) if (!rows.has(id)) marked.delete(id);
    const enough = marked.size > 1;
    compare.textContent = `Compare ${marked.size} runs`;
    compare.toggleAttribute("hidden", !enough);
    compare.setAttribute(
      "href",
      `#/compare/${encodeURIComponent([...marked].join(","))}`,
    );
  };
  const draw = (): void => {
    fill(
      heads,
      h("th", {}, h("span", { class: "unseen" }, "Compare")),
      COLUMNS.map(({ title, numeric }) =>
        h(
          "th",
          {
            scope: "col",
            class: numeric ? "number" : undefined,
            "aria-sort": title === kept.column
              ? kept.up ? "ascending" : "descending"
              : undefined,
          },
          h("button", {
            type: "button",
            click: () => {
              kept.up = title === kept.column ? !kept.up : !numeric;
              kept.column = title;
              draw();
              (heads.querySelector("[aria-sort] button") as HTMLElement)
                .focus();
            },
          }, title),
        )
      ),
    );
    const found = chosen(rows.values());
    fill(
      body,
      found.slice(0, MOST_ROWS).map((row) =>
        h(
          "tr",
          {},
          h(
            "td",
            {},
            h("input", {
              type: "checkbox",
              "aria-label": `Compare ${row.id}`,
              checked: marked.has(row.id),
              change: (event: Event) => {
                if ((event.target as HTMLInputElement).checked) {
                  marked.add(row.id);
                } else marked.delete(row.id);
                tellMarked();
              },
            }),
          ),
          COLUMNS.map(({ show, numeric, title }) =>
            h("td", {
              class: numeric ? "number" : undefined,
              "data-title": title,
            }, show(row))
          ),
        )
      ),
    );
    count.textContent = rows.size === 0
      ? "There are no runs yet. They appear as soon as one begins."
      : `${found.length} of ${rows.size} runs${
        found.length > MOST_ROWS ? `, the first ${MOST_ROWS} are shown` : ""
      }`;
    tellMarked();
  };

  fill(
    main,
    h("h1", {}, "Runs"),
    h(
      "div",
      { class: "controls" },
      h(
        "label",
        {},
        "Filter ",
        h("input", {
          type: "search",
          value: kept.filter,
          placeholder: "name, verdict, setting=value",
          input: (event: Event) => {
            kept.filter = (event.target as HTMLInputElement).value;
            draw();
          },
        }),
      ),
      compare,
      count,
    ),
    h(
      "div",
      { class: "scroll", tabindex: 0, role: "region", "aria-label": "Runs" },
      h("table", { class: "runs" }, h("thead", {}, heads), body),
    ),
  );
  draw();

  listen("runs/events", {}, {
    runs: ({ changed, ids }: { changed: Row[]; ids: string[] }) => {
      for (const row of changed) rows.set(row.id, row);
      const there = new Set(ids);
      for (const id of rows.keys()) if (!there.has(id)) rows.delete(id);
      draw();
    },
  }, signal);
}
