/** @file A diagram as Mermaid text, which GitHub and many editors draw. */
import type { Diagram, DiagramNode, EdgeKind } from "./diagram.ts";
import { LEGEND } from "./diagram.ts";

/** Brackets that give a box its shape. */
const SHAPES: Readonly<Record<DiagramNode["look"], readonly [string, string]>> =
  {
    data: ["[(", ")]"],
    views: ["[/", "/]"],
    encoder: ["[", "]"],
    projector: ["[", "]"],
    predictor: ["[", "]"],
    twin: ["[[", "]]"],
    queue: ["[(", ")]"],
    value: ["[\\", "\\]"],
    stop: ["{{", "}}"],
    loss: ["([", "])"],
  };

const ARROWS: Readonly<Record<EdgeKind, string>> = {
  gradient: "==>",
  stopped: "--x",
  value: "-->",
  weights: "-.->",
};

/** Quotes would end a text. */
const quoted = (text: string): string => `"${text.replaceAll('"', "#quot;")}"`;

/** Draws with thick, plain, crossed and dotted arrows. */
export function toMermaid({ title, nodes, edges }: Diagram): string {
  // Mermaid's ids know no dots; stage names may hold them.
  const ids = new Map(nodes.map(({ name }, i) => [name, `s${i}`]));
  const boxes = nodes.map(({ name, look, title, shape }) => {
    const [open, close] = SHAPES[look];
    const text = quoted(`${name}<br>${title}<br>${shape}`);
    return `  ${ids.get(name)}${open}${text}${close}`;
  });
  const arrows = edges.map(({ from, to, kind, label }) => {
    const text = kind === "weights" ? "weights" : label;
    const middle = text ? `|${quoted(text)}|` : "";
    return `  ${ids.get(from)} ${ARROWS[kind]}${middle} ${ids.get(to)}`;
  });
  const legend = (Object.keys(ARROWS) as EdgeKind[]).map((kind) =>
    `  %% ${ARROWS[kind]} ${LEGEND[kind]}`
  );
  return [
    "---",
    `title: ${JSON.stringify(title)}`,
    "---",
    "flowchart TD",
    ...legend,
    ...boxes,
    ...arrows,
    "",
  ].join("\n");
}
