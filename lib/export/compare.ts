/** @file Two recordings of one network, for images of other numbers or sizes. */
import type { Attr, Node, Program } from "../ir/program.ts";

/** Whether two attributes hold the same. */
export function sameAttr(a: Attr | undefined, b: Attr | undefined): boolean {
  if (!a || !b || a.kind !== b.kind) return a === b;
  if (a.kind !== "tensor" || b.kind !== "tensor") {
    return `${a.value}` === `${b.value}`;
  }
  return `${a.value.shape}` === `${b.value.shape}` &&
    a.value.data.every((value, i) => Object.is(value, b.value.data[i]));
}

/** Numbers of the nodes and outputs that each node reads. */
function wiring({ nodes }: Program): string[] {
  const number = new Map<Node, number>();
  nodes.forEach((node, i) => number.set(node, i));
  return nodes.map(({ op, inputs }) =>
    [op, ...inputs.map(({ node, index }) => `${number.get(node)}.${index}`)]
      .join(" ")
  );
}

/** Whether two programs do the same ops in the same order. */
export function sameOps(a: Program, b: Program): boolean {
  const [one, other] = [wiring(a), wiring(b)];
  return one.length === other.length &&
    one.every((text, i) => text === other[i]);
}

/** Names of the attributes in which two nodes differ. */
export const differing = (a: Node, b: Node): string[] =>
  [...new Set([...Object.keys(a.attrs), ...Object.keys(b.attrs)])]
    .filter((name) => !sameAttr(a.attrs[name], b.attrs[name]));

/** Whether two programs differ in nothing but the images that they take. */
export const sameButForImages = (a: Program, b: Program): boolean =>
  sameOps(a, b) &&
  a.nodes.every((node, i) =>
    node.op === "Placeholder" ||
    differing(node, b.nodes[i] as Node).length === 0
  );
