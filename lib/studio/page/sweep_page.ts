/** @file Sweeps: which there are, and one as heat map and table. */
/// <reference lib="dom" />
import { get, listen } from "./api.ts";
import { figure, fill, h, orSay, percent } from "./dom.ts";
import { runHref, verdictBadge } from "./run_head.ts";

interface Point {
  readonly run: string;
  readonly name: string;
  readonly changes: Readonly<Record<string, string>>;
  readonly paper: number | string | null;
  readonly end: string | null;
  readonly verdict: string | null;
  readonly figures: Readonly<Record<string, number>>;
}

interface Sweep {
  readonly id: string;
  readonly name: string;
  readonly paper: {
    readonly figure?: string;
    readonly unit?: string;
    readonly source?: string;
  };
  readonly points: readonly Point[];
}

interface Listed {
  readonly id: string;
  readonly name: string;
  readonly points: number;
  readonly done: number;
}

const NONE = "";
const SHARES = ["knn", "linear", "accuracy"];
const show = (key: string, value: number): string =>
  SHARES.includes(key) ? percent(value) : figure(value, 3);

/** Numbers by size, words by the alphabet. */
function sorted(values: Iterable<string>): string[] {
  return [...new Set(values)].sort((a, b) => {
    const [x, y] = [Number(a), Number(b)];
    return Number.isNaN(x) || Number.isNaN(y) ? (a < b ? -1 : 1) : x - y;
  });
}

const mean = (values: readonly number[]): number =>
  values.reduce((a, b) => a + b, 0) / values.length;

/** Dark to light, as viridis: its ends, and three colours between. */
const HEAT = [[68, 1, 84], [59, 82, 139], [33, 145, 140], [94, 201, 98], [
  253,
  231,
  37,
]] as const;

/** A colour of a share, and ink that can be read on it. */
function heat(share: number): { background: string; ink: string } {
  const at = Math.min(0.9999, Math.max(0, share)) * (HEAT.length - 1);
  const [a, b] = [HEAT[Math.floor(at)], HEAT[Math.floor(at) + 1]] as [
    readonly number[],
    readonly number[],
  ];
  const colour = a.map((x, i) =>
    Math.round(x + ((b[i] as number) - x) * (at % 1))
  );
  const [red = 0, green = 0, blue = 0] = colour;
  const light = 0.299 * red + 0.587 * green + 0.114 * blue > 120;
  return {
    background: `rgb(${colour.join(",")})`,
    ink: light ? "#000000" : "#ffffff",
  };
}

/** Shows which sweeps there are. */
export async function sweepsPage(
  main: HTMLElement,
  signal: AbortSignal,
): Promise<void> {
  const sweeps = await get<Listed[]>("sweeps", {}, signal);
  fill(
    main,
    h("h1", {}, "Sweeps"),
    sweeps.length === 0
      ? h(
        "p",
        {},
        "There are none: a pipeline with a sweep section makes one when it is run.",
      )
      : h(
        "ul",
        {},
        sweeps.map(({ id, name, points, done }) =>
          h(
            "li",
            {},
            h("a", { href: `#/sweep/${encodeURIComponent(id)}` }, name),
            ` ${done} of ${points} points have ended`,
            h("div", { class: "quiet small" }, id),
          )
        ),
      ),
  );
}

/** Shows one. */
export async function sweepPage(
  main: HTMLElement,
  id: string,
  signal: AbortSignal,
): Promise<void> {
  let sweep = await get<Sweep>("sweep", { id }, signal);
  const varied = [
    ...new Set(sweep.points.flatMap(({ changes }) => Object.keys(changes))),
  ]
    .filter((key) =>
      new Set(sweep.points.map(({ changes }) => changes[key])).size > 1
    );
  const settings = varied.filter((key) => key !== "seed");
  const figures = [
    ...new Set(sweep.points.flatMap(({ figures }) => Object.keys(figures))),
  ];
  const chosen = {
    x: settings[0] ?? varied[0] ?? NONE,
    y: settings[1] ?? NONE,
    of: figures[0] ?? "knn",
  };
  let order: string = NONE;
  const told = h("p", { class: "quiet", role: "status" });
  const map = h("div", {
    class: "scroll",
    tabindex: 0,
    role: "region",
    "aria-label": "Heat map",
  });
  const table = h("div", {
    class: "scroll",
    tabindex: 0,
    role: "region",
    "aria-label": "Points",
  });

  const drawMap = (): void => {
    const { x, y, of } = chosen;
    const at = (key: string, point: Point): string =>
      key === NONE ? "" : point.changes[key] ?? "–";
    const columns = sorted(sweep.points.map((point) => at(x, point)));
    const rows = sorted(sweep.points.map((point) => at(y, point)));
    const cells = rows.map((row) =>
      columns.map((column) =>
        sweep.points.filter((point) =>
          at(x, point) === column && at(y, point) === row
        )
      )
    );
    const means = cells.map((line) =>
      line.map((points) => points.flatMap(({ figures }) => figures[of] ?? []))
    );
    const all = means.flat().filter((values) => values.length > 0).map(mean);
    const [low, high] = [Math.min(...all), Math.max(...all)];
    fill(
      map,
      h(
        "table",
        { class: "heat" },
        h(
          "caption",
          {},
          `${of}, mean of the points of a cell; least and largest where there are several`,
        ),
        h(
          "thead",
          {},
          h(
            "tr",
            {},
            h("td", {}, y ? `${y} ↓  ${x} →` : x),
            columns.map((value) => h("th", { scope: "col" }, value)),
          ),
        ),
        h(
          "tbody",
          {},
          rows.map((row, i) =>
            h(
              "tr",
              {},
              h("th", { scope: "row" }, row),
              columns.map((_, j) => {
                const values = means[i]?.[j] ?? [];
                const points = cells[i]?.[j] ?? [];
                if (values.length === 0) {
                  return h("td", {}, points.length > 0 ? "not yet" : "–");
                }
                const faults = points.filter(({ verdict }) =>
                  verdict &&
                  !["healthy", "too_short", "not_watched"].includes(verdict)
                ).length;
                const cell = h(
                  "td",
                  {},
                  h("strong", {}, show(of, mean(values))),
                  values.length > 1 &&
                    h(
                      "div",
                      { class: "small" },
                      `${show(of, Math.min(...values))} to ${
                        show(of, Math.max(...values))
                      }`,
                    ),
                  faults > 0 &&
                    h("div", { class: "small" }, `${faults} with a fault`),
                );
                const { background, ink } = heat(
                  high > low ? (mean(values) - low) / (high - low) : 0.5,
                );
                cell.style.background = background;
                cell.style.color = ink;
                return cell;
              }),
            )
          ),
        ),
      ),
    );
  };
  const drawTable = (): void => {
    const shown = ["knn", "linear", "accuracy", "loss", "embedding_std"].filter(
      (key) => figures.includes(key),
    );
    const columns = [...varied, ...shown, "verdict", "paper"];
    const value = (point: Point, column: string): string | number =>
      point.changes[column] ?? point.figures[column] ??
        (column === "verdict"
          ? point.verdict ?? ""
          : column === "paper"
          ? point.paper ?? ""
          : "");
    const points = [...sweep.points];
    if (order !== NONE) {
      points.sort((a, b) => {
        const [x, y] = [value(a, order), value(b, order)];
        const [n, m] = [Number(x), Number(y)];
        return Number.isNaN(n) || Number.isNaN(m) ? (x < y ? -1 : 1) : m - n;
      });
    }
    fill(
      table,
      h(
        "table",
        {},
        h(
          "thead",
          {},
          h(
            "tr",
            {},
            h("th", { scope: "col" }, "point"),
            columns.map((column) =>
              h(
                "th",
                {
                  scope: "col",
                  "aria-sort": column === order ? "descending" : undefined,
                },
                h("button", {
                  type: "button",
                  click: () => {
                    order = column;
                    drawTable();
                  },
                }, column.split(".").at(-1) ?? column),
              )
            ),
          ),
        ),
        h(
          "tbody",
          {},
          points.map((point) =>
            h(
              "tr",
              {},
              h(
                "th",
                { scope: "row" },
                h("a", { href: runHref(point.run) }, point.name),
              ),
              columns.map((column) =>
                h(
                  "td",
                  { class: column in point.figures ? "number" : undefined },
                  column === "verdict"
                    ? point.verdict
                      ? verdictBadge({ verdict: point.verdict, state: "ended" })
                      : "not yet"
                    : column in point.figures
                    ? show(column, point.figures[column] as number)
                    : String(value(point, column) || "–"),
                )
              ),
            )
          ),
        ),
      ),
    );
  };
  const choice = (
    title: string,
    keys: readonly string[],
    of: keyof typeof chosen,
  ): HTMLElement =>
    h(
      "label",
      {},
      `${title} `,
      h(
        "select",
        {
          change: (event: Event) => {
            chosen[of] = (event.target as HTMLSelectElement).value;
            drawMap();
          },
        },
        keys.map((key) =>
          h(
            "option",
            { value: key, selected: key === chosen[of] },
            key || "nothing",
          )
        ),
      ),
    );
  fill(
    main,
    h("h1", {}, sweep.name),
    h("p", { class: "quiet" }, sweep.id),
    sweep.paper.figure !== undefined &&
      h(
        "p",
        { class: "quiet" },
        `Paper: ${sweep.paper.figure}${
          sweep.paper.source ? `, ${sweep.paper.source}` : ""
        }`,
      ),
    h(
      "div",
      { class: "controls" },
      choice("Colour", figures, "of"),
      choice("across", varied, "x"),
      choice("down", [NONE, ...varied], "y"),
    ),
    told,
    map,
    h("h2", {}, "Points"),
    table,
  );
  drawMap();
  drawTable();
  listen("runs/events", {}, {
    runs: () =>
      void orSay(told, signal, async () => {
        sweep = await get<Sweep>("sweep", { id }, signal);
        drawMap();
        drawTable();
      }),
  }, signal);
}
