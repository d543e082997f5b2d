/** @file Drawings as plain data, which become SVG text or nodes of a page. */
import { escaped } from "../../markup.ts";

/** An element of SVG; text is a string and is never read as markup. */
export interface Shape {
  readonly tag: string;
  readonly attributes: Readonly<Record<string, string | number>>;
  readonly children: readonly (Shape | string)[];
}

/** A shape. */
export const shape = (
  tag: string,
  attributes: Shape["attributes"] = {},
  ...children: readonly (Shape | string)[]
): Shape => ({ tag, attributes, children });

const SVG = "http://www.w3.org/2000/svg";

/** A drawing as SVG text; the outermost element names its language. */
export function toSvgText(drawn: Shape): string {
  const text = (one: Shape | string): string => {
    if (typeof one === "string") return escaped(one);
    const attributes = Object.entries(one.attributes)
      .map(([name, value]) => ` ${name}="${escaped(String(value))}"`).join("");
    return `<${one.tag}${attributes}>${
      one.children.map(text).join("")
    }</${one.tag}>`;
  };
  return text({ ...drawn, attributes: { xmlns: SVG, ...drawn.attributes } });
}

/** A drawing as a file of its own, on white: whoever shows it may be dark. */
export const toSvgFile = (drawn: Shape): string =>
  toSvgText({
    ...drawn,
    children: [
      shape("rect", { width: "100%", height: "100%", fill: "#ffffff" }),
      ...drawn.children,
    ],
  });

/** What of a page it takes to draw in it. */
export interface Page<N> {
  createElementNS(space: string, tag: string): N;
  createTextNode(text: string): unknown;
}

/** A drawing as a node of a page. */
export function toSvgNode<
  N extends {
    setAttribute(name: string, value: string): void;
    append(...nodes: never[]): void;
  },
>(drawn: Shape, page: Page<N>): N {
  const node = page.createElementNS(SVG, drawn.tag);
  for (const [name, value] of Object.entries(drawn.attributes)) {
    node.setAttribute(name, String(value));
  }
  const children = drawn.children.map((one) =>
    typeof one === "string" ? page.createTextNode(one) : toSvgNode(one, page)
  );
  node.append(...children as never[]);
  return node;
}
