/** @file The pipeline editor: checked, drawn and planned as it is written; run by a button. */
/// <reference lib="dom" />
import {
  autocompletion,
  type CompletionContext,
  completionKeymap,
} from "@codemirror/autocomplete";
import { defaultKeymap, history, historyKeymap } from "@codemirror/commands";
import { yaml } from "@codemirror/lang-yaml";
import { HighlightStyle, syntaxHighlighting } from "@codemirror/language";
import {
  type Diagnostic,
  lintGutter,
  lintKeymap,
  setDiagnostics,
} from "@codemirror/lint";
import { EditorState, type Text } from "@codemirror/state";
import {
  drawSelection,
  EditorView,
  highlightActiveLine,
  keymap,
  lineNumbers,
} from "@codemirror/view";
import { tags } from "@lezer/highlight";
import { get, listen, post } from "./api.ts";
import { optionsAt, placeAt, type Schema } from "./completion.ts";
import { fill, h, later, orSay, say } from "./dom.ts";
import { stageFacts } from "./graph_page.ts";
import { runHref } from "./run_head.ts";
import { type DrawnStage, graphView } from "./stage_graph.ts";
import { viewsPanel } from "./views_page.ts";

interface Finding {
  readonly line: number;
  readonly column: number;
  readonly length: number;
  readonly severity: "error" | "warning";
  readonly message: string;
  readonly code: string;
  readonly hints: readonly string[];
  /** Where it is in a base of the file. */
  readonly file?: string;
}

interface Checked {
  readonly findings: readonly Finding[];
  readonly points: number;
  readonly svg?: string;
  readonly stages?: readonly DrawnStage[];
}

interface Plan {
  readonly stages: readonly {
    readonly name: string;
    readonly parameters: number;
    readonly flops: number;
    readonly activations: number;
  }[];
  readonly parameters: number;
  readonly flops: number;
  readonly memory: {
    readonly variables: number;
    readonly temporary: number;
    readonly images?: number;
    readonly tooMuch?: string;
  };
  readonly images: number | null;
  readonly length:
    | { readonly steps: number; readonly stepsPerEpoch: number }
    | null;
  readonly batch: number;
}

interface Job {
  readonly id: number;
  readonly name: string;
  readonly said: string;
  readonly code?: number;
}

const START = `name: mine
data: { source: photos, batch: 128 }
stages:
  views: { augment: simclr, of: image, count: 2 }
  y: { encode: resnet, of: views, width: 16, blocks: [1, 1, 1] }
  z: { project: mlp, of: y, hidden: 512, out: 128, batch_norm: none }
  loss: { loss: nt_xent, between: [z, z], pairs: unordered }
train: { epochs: 5, optimizer: { sgd: { lr: 0.2 } } }
`;

/** Colours by the page's own, so that they suit light and dark. */
const COLOURS = HighlightStyle.define([
  {
    tag: [tags.propertyName, tags.definition(tags.propertyName)],
    class: "tok-key",
  },
  { tag: [tags.string, tags.content], class: "tok-text" },
  { tag: tags.comment, class: "tok-comment" },
  { tag: [tags.number, tags.bool, tags.null], class: "tok-number" },
]);

/** `1.2 M` */
function size(count: number, unit = ""): string {
  const names = ["", "k", "M", "G", "T", "P"];
  let [value, at] = [count, 0];
  while (value >= 1000 && at < names.length - 1) {
    value /= 1000;
    at++;
  }
  return `${Number(value.toPrecision(3))} ${names[at]}${unit}`.trim();
}

/** A finding in the editor, at its columns. */
function diagnosticOf(
  { line, column, length, severity, message, code, hints, file }: Finding,
  doc: Text,
): Diagnostic {
  const told = [message, ...hints].join("\n");
  if (file !== undefined || line > doc.lines) {
    return {
      from: 0,
      to: 0,
      severity,
      message: `${file ?? ""}:${line}: ${told}`,
      source: code,
    };
  }
  const own = doc.line(Math.max(1, line));
  const from = Math.min(own.to, own.from + column - 1);
  return {
    from,
    to: Math.min(own.to, from + length),
    severity,
    message: told,
    source: code,
  };
}

/** Shows the editor. */
export async function editorPage(
  main: HTMLElement,
  wanted: string,
  signal: AbortSignal,
): Promise<void> {
  const [{ files, folder }, schema] = await Promise.all([
    get<{ files: string[]; folder: string }>("editor/files", {}, signal),
    get<Schema>("editor/schema", {}, signal),
  ]);
  const fromRun = wanted.startsWith("run:") ? wanted.slice(4) : undefined;
  let name = fromRun === undefined
    ? wanted || files[0] || "mine.yaml"
    : "copy.yaml";
  /** What is on the disk; null where there is no file yet. */
  let saved: string | null = null;
  let text = START;
  if (fromRun !== undefined) {
    text =
      (await get<{ text: string }>("run/pipeline", { id: fromRun }, signal))
        .text;
  } else if (files.includes(name)) {
    text =
      saved =
        (await get<{ text: string }>("editor/file", { name }, signal)).text;
  }

  const problems = h("ul", { class: "problems", "aria-label": "Findings" });
  const state = h("p", { class: "quiet", role: "status" });
  const graph = h("div", {
    class: "graph scroll",
    tabindex: 0,
    role: "region",
    "aria-label": "Stage graph",
  });
  const facts = h("div", { class: "stage" });
  const planned = h("div", { class: "plan" });
  const jobs = h("div", { class: "jobs" });

  const current = (): string => view.state.doc.toString();
  const views = viewsPanel(() => ({ name, text: current() }), signal);
  let version = 0;
  let valid = false;

  const plan = later(async () => {
    if (!valid) return;
    const own = version;
    fill(planned, h("p", { class: "quiet" }, "Planning…"));
    try {
      const found = await post<Plan>(
        "editor/plan",
        { name, text: current() },
        signal,
      );
      if (own !== version) return;
      const { memory, length, images } = found;
      fill(
        planned,
        h(
          "table",
          {},
          h("caption", {}, "Plan of a step"),
          h(
            "thead",
            {},
            h(
              "tr",
              {},
              ["stage", "parameters", "FLOPs", "activations"].map((title) =>
                h("th", { scope: "col" }, title)
              ),
            ),
          ),
          h(
            "tbody",
            {},
            found.stages.map(({ name, parameters, flops, activations }) =>
              h(
                "tr",
                {},
                h("th", { scope: "row" }, name),
                [size(parameters), size(flops), size(activations, "B")]
                  .map((cell) => h("td", { class: "number" }, cell)),
              )
            ),
          ),
        ),
        h(
          "p",
          {},
          `${
            size(found.parameters)
          } parameters; a step of ${found.batch} images takes ${
            size(found.flops)
          } FLOPs and ${
            size(memory.variables + memory.temporary, "B")
          } of memory${
            length && images
              ? `; the run has ${length.steps.toLocaleString()} steps, ${length.stepsPerEpoch.toLocaleString()} an epoch`
              : ""
          }.`,
        ),
        memory.tooMuch !== undefined &&
          h("p", { class: "problem" }, memory.tooMuch),
      );
    } catch (error) {
      if (own === version && !signal.aborted) {
        fill(planned, h("p", { class: "problem" }, (error as Error).message));
      }
    }
  }, 900);

  const check = later(async () => {
    const own = ++version;
    try {
      const { findings, svg, stages, points } = await post<Checked>(
        "editor/check",
        {
          name,
          text: current(),
        },
        signal,
      );
      if (own !== version) return;
      valid = svg !== undefined;
      view.dispatch(setDiagnostics(
        view.state,
        findings.map((finding) => diagnosticOf(finding, view.state.doc)),
      ));
      const errors = findings.filter(({ severity }) =>
        severity === "error"
      ).length;
      state.classList.remove("problem");
      state.textContent = findings.length === 0
        ? `No findings${points > 0 ? `; a sweep of ${points} points` : ""}.`
        : `${errors} errors, ${findings.length - errors} warnings${
          valid ? "" : "; the graph is that of before"
        }.`;
      fill(
        problems,
        findings.map((finding) => {
          const { line, column, message, severity, hints, code, file } =
            finding;
          return h(
            "li",
            { class: severity },
            h(
              "button",
              {
                type: "button",
                click: () => {
                  const { from } = diagnosticOf(finding, view.state.doc);
                  view.dispatch({
                    selection: { anchor: from },
                    scrollIntoView: true,
                  });
                  view.focus();
                },
              },
              `${
                file ?? ""
              }${line}:${column} ${severity}: ${message} [${code}]`,
            ),
            hints.map((hint) => h("div", { class: "quiet small" }, hint)),
          );
        }),
      );
      if (svg !== undefined && stages) {
        fill(
          graph,
          graphView(svg, stages, (stage) => fill(facts, stageFacts(stage)))
            .element,
        );
        plan();
      }
      run.disabled = !valid;
    } catch (error) {
      if (!signal.aborted) state.textContent = (error as Error).message;
    }
  }, 250);

  const complete = (context: CompletionContext) => {
    const whole = context.state.doc.toString();
    const place = placeAt(whole, context.pos);
    if (
      !context.explicit && place.written === "" &&
      !/[:{[,]\s$/.test(whole.slice(0, context.pos))
    ) {
      return null;
    }
    const options = optionsAt(place, whole, schema);
    if (options.length === 0) return null;
    return {
      from: place.from,
      validFor: /^[\w.]*$/,
      options: options.map(({ label, detail, kind }) => ({
        label,
        type: kind === "key"
          ? "property"
          : kind === "stage"
          ? "variable"
          : "enum",
        ...(detail ? { info: detail } : {}),
        ...(kind === "key" ? { apply: `${label}: ` } : {}),
      })),
    };
  };

  const place = h("div", { class: "editor" });
  const view = new EditorView({
    parent: place,
    state: EditorState.create({
      doc: text,
      extensions: [
        lineNumbers(),
        history(),
        drawSelection(),
        highlightActiveLine(),
        yaml(),
        syntaxHighlighting(COLOURS),
        lintGutter(),
        autocompletion({ override: [complete] }),
        // Tab leaves the editor, as keyboards expect; Ctrl-Space completes.
        keymap.of([
          ...completionKeymap,
          ...lintKeymap,
          ...historyKeymap,
          ...defaultKeymap,
        ]),
        EditorView.contentAttributes.of({ "aria-label": "Pipeline, YAML" }),
        EditorView.cspNonce.of(
          document.querySelector("meta[name=nonce]")?.getAttribute("content") ??
            "",
        ),
        EditorView.updateListener.of(({ docChanged }) => {
          if (docChanged) {
            version++;
            check();
            changed();
          }
        }),
      ],
    }),
  });
  signal.addEventListener("abort", () => view.destroy());

  const nameInput = h("input", {
    type: "text",
    value: name,
    "aria-label": `Name of the file in ${folder}`,
    change: (event: Event) => {
      const next = (event.target as HTMLInputElement).value.trim();
      if (next === name) return;
      name = next;
      // Another file is not overwritten.
      saved = null;
      changed();
    },
  });
  const save = async (): Promise<boolean> => {
    const own = current();
    await orSay(state, signal, async () => {
      await post("editor/save", { name, text: own, before: saved }, signal);
      saved = own;
      changed();
      state.textContent = `Saved as ${name}.`;
    });
    return saved === own;
  };
  const saveButton = h(
    "button",
    { type: "button", click: () => void save() },
    "Save",
  );
  const run = h("button", {
    type: "button",
    class: "primary",
    disabled: true,
    click: async () => {
      if (current() !== saved && !await save()) return;
      await orSay(state, signal, async () => {
        await post("jobs", { name }, signal);
        say(`A run of ${name} was started`);
      });
    },
  }, "Run");
  function changed(): void {
    const clean = current() === saved;
    saveButton.disabled = clean;
    run.textContent = clean ? "Run" : "Save and run";
    state.classList.remove("problem");
  }

  const tabs: Readonly<Record<string, HTMLElement>> = {
    Graph: h("div", {}, graph, facts),
    Plan: planned,
    Views: views.element,
  };
  const shown = h("div", { role: "tabpanel" });
  const tabButtons = h("div", {
    class: "tabs",
    role: "tablist",
    "aria-label": "What is shown beside",
  });
  const choose = (title: string): void => {
    fill(shown, tabs[title] as HTMLElement);
    fill(
      tabButtons,
      Object.keys(tabs).map((one) =>
        h("button", {
          type: "button",
          role: "tab",
          "aria-selected": one === title ? "true" : "false",
          click: () => {
            choose(one);
            if (one === "Views") void views.draw();
          },
        }, one)
      ),
    );
  };
  choose("Graph");

  fill(
    main,
    h("h1", {}, "Pipeline editor"),
    h(
      "div",
      { class: "controls" },
      h(
        "label",
        {},
        "Open ",
        h(
          "select",
          {
            change: (event: Event) => {
              location.hash = `#/editor/${
                encodeURIComponent((event.target as HTMLSelectElement).value)
              }`;
            },
          },
          h("option", { value: "" }, "a new one"),
          files.map((file) =>
            h("option", {
              value: file,
              selected: file === name && saved !== null,
            }, file)
          ),
        ),
      ),
      h("label", {}, "as ", nameInput),
      saveButton,
      run,
      state,
    ),
    h(
      "div",
      { class: "beside editing" },
      h(
        "div",
        {},
        place,
        problems,
        h(
          "p",
          { class: "quiet small" },
          "Ctrl-Space completes; Tab leaves the editor.",
        ),
      ),
      h("div", {}, tabButtons, shown, jobs),
    ),
  );
  changed();
  check();

  listen("jobs/events", {}, {
    jobs: (all: readonly Job[]) =>
      fill(
        jobs,
        all.map(({ id, name, said, code }) =>
          h(
            "details",
            { open: code === undefined || code !== 0 },
            h(
              "summary",
              {},
              `Run of ${name}: ${
                code === undefined ? "training" : `ended with exit code ${code}`
              }`,
            ),
            code === undefined && h("button", {
              type: "button",
              click: () =>
                void orSay(state, signal, async () => {
                  await post("jobs/stop", { id }, signal);
                }),
            }, "Stop after this step"),
            " ",
            runLink(said),
            h("pre", {}, said.split("\n").slice(-12).join("\n")),
          )
        ),
      ),
  }, signal);
}

/** A link to the run that a process says it writes. */
function runLink(said: string): HTMLElement | undefined {
  const [, id] = /into \S*?([^/\s]+\/\d{4}-\d\d-\d\dT[\d-]+)/.exec(said) ?? [];
  return id === undefined
    ? undefined
    : h("a", { href: runHref(id) }, "Its curves");
}
