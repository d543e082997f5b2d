/** @file Embeddings of a run's images: points, pictures, neighbours. */
/// <reference lib="dom" />
import { address, bytes, get, listen, post } from "./api.ts";
import { type Child, fill, h, orSay, say } from "./dom.ts";
import { runHead } from "./run_head.ts";
import { groupColour, Scatter } from "./scatter.ts";
import type { Run } from "./types.ts";

interface Meta {
  readonly count: number;
  readonly width: number;
  readonly chosen: string;
  readonly network: string;
  readonly shares: readonly [number, number];
  readonly clusters: number;
  readonly classes?: readonly string[];
}

interface Standing {
  readonly key: string;
  readonly progress: { readonly task: string; readonly share?: number };
  readonly over: boolean;
  readonly error: string | null;
  readonly pca: boolean;
  readonly umap: boolean;
  readonly meta: Meta | null;
}

interface Picture {
  readonly row: number;
  readonly name: string;
  readonly label?: string;
  readonly similarity?: number;
}

const LAYOUTS = { pca: "PCA", umap: "UMAP" } as const;
/** Pictures of a selection that are shown. */
const MOST_PICTURES = 200;
/** The pointer rests so long before a picture is fetched. */
const DWELL_MS = 125;

const select = (
  label: string,
  options: readonly (readonly [string, string])[],
  value: string,
  change: (value: string) => void,
): HTMLElement =>
  h(
    "label",
    {},
    `${label} `,
    h(
      "select",
      {
        change: (event: Event) =>
          change((event.target as HTMLSelectElement).value),
      },
      options.map(([name, title]) =>
        h("option", { value: name, selected: name === value }, title)
      ),
    ),
  );

/** Shows embeddings. */
export async function embeddingPage(
  main: HTMLElement,
  id: string,
  signal: AbortSignal,
): Promise<void> {
  const [run, { stages }] = await Promise.all([
    get<Run>("run", { id }, signal),
    get<{ stages: { name: string; kind: string }[] }>(
      "run/graph",
      { id },
      signal,
    )
      .catch((error) => {
        if (signal.aborted) throw error;
        return { stages: [] };
      }),
  ]);
  const asked = { of: "", checkpoint: "", set: "test", most: "5000" };
  let layout: keyof typeof LAYOUTS = "pca";
  let by: "classes" | "clusters" = "classes";
  let standing: Standing | undefined;
  let groups = new Int32Array(0);
  let hidden = new Set<number>();
  /** Aborted when other embeddings are asked for, or the page is left. */
  let looking = new AbortController();

  const told = h("p", { class: "quiet", role: "status" });
  const bar = h("progress", {
    max: 1,
    "aria-label": "Computation",
    hidden: true,
  });
  const legend = h("div", { class: "groups" });
  const pictures = h("div", { class: "pictures" });
  const tip = h("figure", {
    class: "tip",
    hidden: true,
    "aria-hidden": "true",
  });
  const layouts = h("span", {});

  const pictureOf = (row: number): string =>
    address("embedding/picture", { key: standing?.key ?? "", row });
  const grid = (
    title: string,
    all: readonly Picture[],
    more: Child = undefined,
  ): void =>
    fill(
      pictures,
      h("h2", {}, title),
      more,
      h(
        "ul",
        { class: "grid-of-images" },
        all.map(({ row, name, label, similarity }) =>
          h(
            "li",
            {},
            h(
              "button",
              {
                type: "button",
                title: name,
                "aria-label": `${name}${label ? `, ${label}` : ""}${
                  similarity === undefined ? "" : `, similarity ${similarity}`
                }: its nearest neighbours`,
                click: () => askNeighbours(row),
              },
              h("img", { src: pictureOf(row), alt: "", loading: "lazy" }),
              h(
                "span",
                { class: "small" },
                similarity?.toFixed(3) ?? label ?? "",
              ),
            ),
          )
        ),
      ),
    );

  /** Asks about the embeddings that are shown, if there are any. */
  const ask = (
    body: (standing: Standing, signal: AbortSignal) => Promise<void>,
  ): void => {
    const [now, { signal }] = [standing, looking];
    if (now?.pca) void orSay(told, signal, () => body(now, signal));
  };

  const neighbours = async (
    row: number,
    { key }: Standing,
    signal: AbortSignal,
  ): Promise<void> => {
    const [own, near] = await Promise.all([
      get<Picture>("embedding/image", { key, row }, signal),
      get<Picture[]>("embedding/nearest", { key, row, k: 23 }, signal),
    ]);
    scatter.mark([row, ...near.map((one) => one.row)]);
    const same = near.filter(({ label }) =>
      label !== undefined && label === own.label
    );
    grid(
      `Nearest to ${own.name}${own.label ? ` (${own.label})` : ""}`,
      [own, ...near],
      own.label !== undefined &&
        h(
          "p",
          { class: "quiet" },
          `${same.length} of ${near.length} neighbours have its label. Similarity: cosine of the features.`,
        ),
    );
    say(`${near.length} nearest neighbours are shown`);
  };

  const askNeighbours = (row: number): void =>
    ask((now, signal) => neighbours(row, now, signal));

  let dwell: ReturnType<typeof setTimeout> | undefined;
  signal.addEventListener("abort", () => clearTimeout(dwell));
  const scatter = new Scatter({
    hover(point, x, y) {
      clearTimeout(dwell);
      if (point === undefined) {
        tip.hidden = true;
        return;
      }
      dwell = setTimeout(() => {
        const own = by === "classes"
          ? standing?.meta?.classes?.[groups[point] ?? -1]
          : `cluster ${groups[point]}`;
        fill(
          tip,
          h("img", { src: pictureOf(point), alt: "" }),
          h("figcaption", {}, own ?? ""),
        );
        tip.hidden = false;
        tip.style.left = `${Math.min(x + 14, innerWidth - 160)}px`;
        tip.style.top = `${Math.min(y + 14, innerHeight - 190)}px`;
      }, DWELL_MS);
    },
    choose: askNeighbours,
    lasso(points) {
      scatter.mark(points.slice(0, 2000));
      const shown = points.slice(0, MOST_PICTURES);
      grid(
        `${points.length} images`,
        shown.map((row) => ({
          row,
          name: `image of point ${row}`,
          ...labelOf(row),
        })),
        points.length > shown.length &&
          h("p", { class: "quiet" }, `The first ${shown.length} are shown.`),
      );
      say(`${points.length} images are selected`);
    },
  }, signal);

  const labelOf = (row: number): { label?: string } => {
    const label = by === "classes"
      ? standing?.meta?.classes?.[groups[row] ?? -1]
      : undefined;
    return label === undefined ? {} : { label };
  };

  /** Both kinds of groups, as the server sent them. */
  let both = new Int32Array(0);
  const colour = (): void => {
    const { meta } = standing ?? {};
    if (!meta) return;
    const half = both.length / 2;
    groups = by === "classes" ? both.slice(0, half) : both.slice(half);
    const names = by === "classes"
      ? meta.classes ?? []
      : Array.from({ length: meta.clusters }, (_, i) => `cluster ${i}`);
    scatter.colour(groups, (group) => !hidden.has(group));
    const sizes = new Map<number, number>();
    for (const group of groups) sizes.set(group, (sizes.get(group) ?? 0) + 1);
    fill(
      legend,
      h(
        "ul",
        { class: "legend" },
        names.slice(0, 100).map((name, group) => {
          const mark = h("span", { class: "swatch" });
          mark.style.background = `rgb(${groupColour(group).join(",")})`;
          return h(
            "li",
            {},
            h(
              "button",
              {
                type: "button",
                "aria-pressed": !hidden.has(group) ? "true" : "false",
                click: () => {
                  if (hidden.has(group)) hidden.delete(group);
                  else hidden.add(group);
                  colour();
                },
              },
              mark,
              `${name} ${sizes.get(group) ?? 0}`,
            ),
          );
        }),
      ),
    );
  };

  const points = async (
    { key, meta }: Standing,
    signal: AbortSignal,
  ): Promise<void> => {
    if (!meta) return;
    const all = new Float32Array(
      await bytes("embedding/points", { key, layout }, signal),
    );
    scatter.set(all, `${LAYOUTS[layout]} of ${meta.count} embeddings`);
  };

  const chooseLayout = (): void => {
    fill(
      layouts,
      Object.entries(LAYOUTS).map(([name, title]) =>
        h("button", {
          type: "button",
          "aria-pressed": name === layout ? "true" : "false",
          disabled: name === "umap" && !standing?.umap,
          click: () => {
            layout = name as keyof typeof LAYOUTS;
            chooseLayout();
            ask(points);
          },
        }, title)
      ),
    );
  };

  const take = async (now: Standing, signal: AbortSignal): Promise<void> => {
    const before = standing;
    standing = now;
    const { progress, error, meta, over } = now;
    bar.hidden = over;
    if (progress.share === undefined) bar.removeAttribute("value");
    else bar.setAttribute("value", String(progress.share));
    const [x, y] = meta?.shares ?? [0, 0];
    told.textContent = error ??
      [
        over ? "" : progress.task + "…",
        meta
          ? `${meta.count.toLocaleString()} embeddings of ${meta.network}, ${meta.width} features, weights of ${meta.chosen}. The two components hold ${
            (100 * x).toFixed(1)
          } % and ${(100 * y).toFixed(1)} % of the variance.`
          : "",
      ].filter(Boolean).join(" ");
    told.classList.toggle("problem", error !== null);
    chooseLayout();
    if (meta && !before?.pca) {
      if (!meta.classes) by = "clusters";
      both = new Int32Array(
        await bytes("embedding/groups", { key: now.key }, signal),
      );
      await points(now, signal);
      colour();
    }
  };

  const begin = async (): Promise<void> => {
    looking.abort();
    const own = looking = new AbortController();
    signal.addEventListener("abort", () => own.abort());
    standing = undefined;
    hidden = new Set();
    layout = "pca";
    fill(legend);
    fill(pictures);
    scatter.set(new Float32Array(0), "Embeddings");
    told.classList.remove("problem");
    await orSay(told, own.signal, async () => {
      const { of, checkpoint, set, most } = asked;
      const first = await post<Standing>("embedding", {
        id,
        ...(of ? { of } : {}),
        ...(checkpoint ? { checkpoint } : {}),
        set,
        most: Number(most),
      }, own.signal);
      await take(first, own.signal);
      const over = new AbortController();
      const follow = (now: Standing): void =>
        void orSay(
          told,
          own.signal,
          () => take({ ...now, key: first.key }, own.signal),
        );
      listen("embedding/events", { key: first.key }, {
        standing: follow,
        over: (now: Standing) => {
          follow(now);
          over.abort();
        },
      }, AbortSignal.any([own.signal, over.signal]));
    });
  };

  const networks = stages.filter(({ kind }) =>
    ["encode", "project", "predict", "ema"].includes(kind)
  ).map(({ name }) => [name, name] as const);
  const lasso = h("button", {
    type: "button",
    "aria-pressed": "false",
    click: () => {
      const on = lasso.getAttribute("aria-pressed") !== "true";
      lasso.setAttribute("aria-pressed", String(on));
      scatter.lassoing = on;
    },
  }, "Lasso");
  const chosen = (key: keyof typeof asked) => (value: string): void => {
    asked[key] = value;
    void begin();
  };
  fill(
    main,
    runHead(run, "embeddings"),
    h(
      "div",
      { class: "controls" },
      select(
        "Network",
        [["", "as judged"], ...networks],
        asked.of,
        chosen("of"),
      ),
      select(
        "Weights",
        [["", "newest healthy"], ["last", "last"], ["best", "best"], [
          "untrained",
          "untrained",
        ]],
        asked.checkpoint,
        chosen("checkpoint"),
      ),
      select(
        "Images",
        [["test", "held out"], ["train", "training"]],
        asked.set,
        chosen("set"),
      ),
      select(
        "at most",
        ["1000", "5000", "20000", "50000"].map((n) =>
          [n, Number(n).toLocaleString()] as const
        ),
        asked.most,
        chosen("most"),
      ),
      layouts,
      select(
        "Colour",
        [["classes", "label"], ["clusters", "cluster"]],
        by,
        (value) => {
          by = value as typeof by;
          hidden = new Set();
          colour();
        },
      ),
      lasso,
      h(
        "form",
        {
          submit: (event: Event) => {
            event.preventDefault();
            const input = (event.target as HTMLFormElement).querySelector(
              "input",
            );
            askNeighbours(Number(input?.value ?? 0));
          },
        },
        h(
          "label",
          {},
          "Neighbours of point ",
          h("input", { type: "number", min: 0, value: 0 }),
        ),
        " ",
        h("button", { type: "submit" }, "Show"),
      ),
    ),
    told,
    bar,
    h(
      "div",
      { class: "beside" },
      h("div", {}, scatter.element, legend),
      pictures,
    ),
    tip,
  );
  fill(
    pictures,
    h(
      "p",
      { class: "quiet" },
      "Point at a dot for its picture, click it for its nearest neighbours. Hold Shift, or press Lasso, and draw around dots to see their pictures.",
    ),
  );
  chooseLayout();
  await begin();
}
