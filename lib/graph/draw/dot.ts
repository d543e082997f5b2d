/** @file A diagram as DOT text, the language of Graphviz. */
import { escaped } from "../../markup.ts";
import type { Diagram, DiagramNode, EdgeKind } from "./diagram.ts";
import { LEGEND } from "./diagram.ts";

const BOXES: Readonly<Record<DiagramNode["look"], string>> = {
  data: 'shape=cylinder fillcolor="#eeeeee"',
  views: 'shape=box fillcolor="#fff3c4"',
  encoder: 'shape=box fillcolor="#cfe2ff"',
  projector: 'shape=box fillcolor="#dbeafe"',
  predictor: 'shape=box fillcolor="#e6f0ff"',
  twin: 'shape=box fillcolor="#e7e0f8" style="filled,rounded,dashed"',
  queue: 'shape=cylinder fillcolor="#e2f0d9"',
  value: 'shape=box fillcolor="#d5ecd9"',
  stop: 'shape=octagon fillcolor="#fbd9d3"',
  loss: 'shape=ellipse fillcolor="#ffd9b3"',
};

interface Arrow {
  readonly color: string;
  readonly attributes: string;
  /** What it looks like in the legend. */
  readonly sign: string;
}

const ARROWS: Readonly<Record<EdgeKind, Arrow>> = {
  gradient: { color: "#1d4ed8", attributes: "penwidth=2.5", sign: "━▶" },
  stopped: { color: "#c2410c", attributes: "arrowhead=tee", sign: "─┤" },
  value: { color: "#777777", attributes: "", sign: "─▶" },
  weights: {
    color: "#7c3aed",
    // A twin stands beside its source.
    attributes: "style=dashed constraint=false",
    sign: "╌▶",
  },
};

const quoted = (text: string): string =>
  `"${text.replaceAll("\\", "\\\\").replaceAll('"', '\\"')}"`;

function legend(edges: Diagram["edges"]): string {
  const kinds = Object.keys(ARROWS) as EdgeKind[];
  return kinds.filter((kind) => edges.some((edge) => edge.kind === kind))
    .map((kind) =>
      `<font color="${ARROWS[kind].color}">${ARROWS[kind].sign}</font> ${
        escaped(LEGEND[kind])
      }`
    ).join('<br align="left"/>');
}

/**
 * Draws with thick, plain, tee-ended and dashed arrows, and a legend.
 *
 * @param notes Further lines of a box, by its name.
 */
export function toDot(
  { title, nodes, edges }: Diagram,
  notes: (name: string) => readonly string[] = () => [],
): string {
  const boxes = nodes.map(({ name, look, title, shape }) => {
    // `\n` is DOT's own sign for a line break.
    const label = [name, title, shape, ...notes(name)]
      .map((line) => quoted(line).slice(1, -1)).join("\\n");
    return `  ${quoted(name)} [label="${label}" ${BOXES[look]}]`;
  });
  const arrows = edges.map(({ from, to, kind, label }) => {
    const { color, attributes } = ARROWS[kind];
    const all = [
      `color="${color}"`,
      ...(attributes ? [attributes] : []),
      // Blanks keep the text off the arrow.
      ...(label ? [`label=${quoted(` ${label} `)}`] : []),
    ];
    return `  ${quoted(from)} -> ${quoted(to)} [${all.join(" ")}]`;
  });
  const head = `<b>${
    escaped(title)
  }</b><br align="left"/><font point-size="10">${
    legend(edges)
  }<br align="left"/></font>`;
  return [
    `digraph ${quoted(title)} {`,
    `  graph [label=<${head}> labelloc=t labeljust=l fontname="Helvetica"]`,
    '  node [style="filled,rounded" fontname="Helvetica" fontsize=11 margin="0.2,0.08"]',
    '  edge [fontname="Helvetica" fontsize=10]',
    ...boxes,
    ...arrows,
    "}",
    "",
  ].join("\n");
}
