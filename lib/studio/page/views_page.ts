/** @file Images beside their views, as the compiled graph augments them. */
/// <reference lib="dom" />
import { get, post } from "./api.ts";
import { fill, h, orSay, say } from "./dom.ts";
import { runHead } from "./run_head.ts";
import type { Run } from "./types.ts";

interface Views {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly string[])[];
  readonly note?: string;
}

/** Asks for the views of a run, or of a pipeline that is written. */
export type WhatViews = () =>
  | { readonly id: string }
  | { readonly name: string; readonly text: string };

/** A table of images and views, with a button that draws others. */
export function viewsPanel(what: WhatViews, signal: AbortSignal): {
  readonly element: HTMLElement;
  readonly draw: () => Promise<void>;
} {
  const place = h("div", {
    class: "scroll",
    tabindex: 0,
    role: "region",
    "aria-label": "Views",
  });
  const told = h("p", { class: "quiet", role: "status" });
  let step = 0;
  const first = h("input", { type: "number", min: 0, value: 0 });
  const draw = async (): Promise<void> => {
    button.disabled = true;
    told.classList.remove("problem");
    told.textContent = "Drawing…";
    await orSay(told, signal, async () => {
      const { columns, rows, note } = await post<Views>("views", {
        ...what(),
        count: 8,
        first: Math.max(0, Math.floor(Number(first.value) || 0)),
        step,
      }, signal);
      fill(
        place,
        h(
          "table",
          { class: "views" },
          h(
            "thead",
            {},
            h("tr", {}, columns.map((name) => h("th", { scope: "col" }, name))),
          ),
          h(
            "tbody",
            {},
            rows.map((row, i) =>
              h(
                "tr",
                {},
                row.map((src, column) =>
                  h(
                    "td",
                    {},
                    h("img", {
                      src,
                      alt: `${columns[column]} of image ${
                        Number(first.value) + i
                      }`,
                    }),
                  )
                ),
              )
            ),
          ),
        ),
      );
      told.textContent = `Random numbers of step ${step}.${
        note ? ` ${note}` : ""
      }`;
      say("The views are drawn");
    });
    button.disabled = false;
  };
  const button = h("button", {
    type: "button",
    click: () => {
      step++;
      void draw();
    },
  }, "Draw others");
  first.addEventListener("change", () => void draw());
  return {
    element: h(
      "div",
      {},
      h(
        "div",
        { class: "controls" },
        h("label", {}, "From image ", first),
        button,
        told,
      ),
      place,
    ),
    draw,
  };
}

/** Shows the views of a run. */
export async function viewsPage(
  main: HTMLElement,
  id: string,
  signal: AbortSignal,
): Promise<void> {
  const run = await get<Run>("run", { id }, signal);
  const { element, draw } = viewsPanel(() => ({ id }), signal);
  fill(main, runHead(run, "views"), element);
  await draw();
}
