/** @file A stage graph that Graphviz drew, made one that can be used. */
/// <reference lib="dom" />
/// <reference lib="dom.iterable" />

/** A stage as it is drawn, with what the file says of it. */
export interface DrawnStage {
  readonly name: string;
  readonly kind: string;
  readonly title: string;
  readonly shape: string;
  readonly look: string;
  readonly reads: readonly {
    readonly from: string;
    readonly kind: string;
    readonly label: string;
  }[];
  readonly options: unknown;
}

/** What Graphviz draws with; nothing else is taken over. */
const ELEMENTS = [
  "svg",
  "g",
  "title",
  "path",
  "polygon",
  "polyline",
  "ellipse",
  "text",
];
const ATTRIBUTES = [
  "viewBox",
  "width",
  "height",
  "transform",
  "d",
  "points",
  "cx",
  "cy",
  "rx",
  "ry",
  "x",
  "y",
  "fill",
  "stroke",
  "stroke-width",
  "stroke-dasharray",
  "text-anchor",
  "font-family",
  "font-size",
  "font-weight",
  "class",
];

/** A copy of a drawing that holds shapes and text alone. */
function harmless(node: Element): Element | undefined {
  if (!ELEMENTS.includes(node.localName)) return undefined;
  const copy = document.createElementNS(
    "http://www.w3.org/2000/svg",
    node.localName,
  );
  for (const { name, value } of node.attributes) {
    if (ATTRIBUTES.includes(name)) copy.setAttribute(name, value);
  }
  for (const child of node.childNodes) {
    if (child instanceof Element) {
      const below = harmless(child);
      if (below) copy.append(below);
    } else if (child.nodeType === Node.TEXT_NODE) {
      copy.append(child.textContent ?? "");
    }
  }
  return copy;
}

/** A graph in the page. */
export interface GraphView {
  readonly element: Element;
  /** Writes up to two lines into a stage's box; `bad` marks it. */
  note(stage: string, lines: readonly string[], bad?: boolean): void;
}

/** Lines of a box that notes are written to. */
const NOTE_LINES = 2;

/**
 * Makes a drawing one that can be used by pointer and keyboard.
 *
 * @param choose Called with the stage that was chosen.
 */
export function graphView(
  svg: string,
  stages: readonly DrawnStage[],
  choose: (stage: DrawnStage) => void,
): GraphView {
  const parsed = new DOMParser().parseFromString(svg, "image/svg+xml");
  const element = harmless(parsed.documentElement);
  if (!element) throw new Error("The graph could not be drawn.");
  element.setAttribute("role", "group");
  element.setAttribute("aria-label", "Stage graph");
  const boxes = new Map<string, Element>();
  for (const box of element.querySelectorAll("g.node")) {
    const name = box.querySelector("title")?.textContent ?? "";
    const stage = stages.find((one) => one.name === name);
    if (!stage) continue;
    boxes.set(name, box);
    box.setAttribute("tabindex", "0");
    box.setAttribute("role", "button");
    box.setAttribute("aria-label", `${name}: ${stage.title}, ${stage.shape}`);
    const chosen = (): void => {
      for (const other of boxes.values()) other.classList.remove("chosen");
      box.classList.add("chosen");
      choose(stage);
    };
    box.addEventListener("click", chosen);
    box.addEventListener("keydown", (event) => {
      const { key } = event as KeyboardEvent;
      if (key !== "Enter" && key !== " ") return;
      event.preventDefault();
      chosen();
    });
  }
  const view: GraphView = {
    element,
    note(name, lines, bad = false) {
      const box = boxes.get(name);
      const stage = stages.find((one) => one.name === name);
      if (!box || !stage || stage.look === "data") return;
      const texts = [...box.querySelectorAll("text")].slice(-NOTE_LINES);
      texts.forEach((text, i) => {
        text.textContent = lines[i] ?? "";
        text.classList.add("note");
      });
      box.classList.toggle("bad", bad);
      box.setAttribute(
        "aria-label",
        [
          `${name}: ${stage.title}, ${stage.shape}`,
          ...lines,
          ...bad ? ["an alarm is about it"] : [],
        ].join("; "),
      );
    },
  };
  for (const { name } of stages) view.note(name, []);
  return view;
}
