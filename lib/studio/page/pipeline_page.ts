/** @file The pipeline of a run, every value written out. */
/// <reference lib="dom" />
import { get } from "./api.ts";
import { fill, h } from "./dom.ts";
import { runHead } from "./run_head.ts";
import type { Run } from "./types.ts";

/** Shows the text. */
export async function pipelinePage(
  main: HTMLElement,
  id: string,
  signal: AbortSignal,
): Promise<void> {
  const [run, { text }] = await Promise.all([
    get<Run>("run", { id }, signal),
    get<{ text: string }>("run/pipeline", { id }, signal),
  ]);
  fill(
    main,
    runHead(run, "pipeline"),
    h(
      "p",
      {},
      h(
        "a",
        {
          class: "button",
          href: `#/editor/${encodeURIComponent(`run:${id}`)}`,
        },
        "Edit a copy",
      ),
    ),
    h("pre", { class: "text", tabindex: 0, "aria-label": "Pipeline" }, text),
  );
}
