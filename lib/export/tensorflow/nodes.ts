/** @file A program as nodes with names, as TensorFlow's files have it. */
import type { Attrs, Node, Value } from "../../ir/program.ts";
import { type } from "../../ops/attrs.ts";
import { FEATURES, IMAGES } from "../channels_last.ts";
import type { Portable, Size } from "../portable.ts";

/** One node of a `GraphDef`. */
export interface NamedNode {
  readonly name: string;
  readonly op: string;
  /** Names of nodes, with `:1` and so on for further outputs. */
  readonly inputs: readonly string[];
  readonly attrs: Attrs;
}

/** Sizes with -1 for what the caller chooses. */
export const openShape = (sizes: readonly Size[]): readonly number[] =>
  sizes.map((size) => typeof size === "number" ? size : -1);

/** Nodes by name: `images` is fed, `features` is fetched. */
export function namedNodes(
  { program, images }: Portable,
): readonly NamedNode[] {
  const names = new Map<Node, string>();
  const used = new Map<string, number>([[IMAGES, 1], [FEATURES, 1]]);
  const nameOf = (node: Node): string => {
    if (node === program.feeds.get(IMAGES)?.node) return IMAGES;
    const wanted = node.scope ? `${node.scope}/${node.op}` : node.op;
    const count = used.get(wanted) ?? 0;
    used.set(wanted, count + 1);
    return count === 0 ? wanted : `${wanted}_${count}`;
  };
  const reference = ({ node, index }: Value): string =>
    index === 0 ? names.get(node) as string : `${names.get(node)}:${index}`;
  const nodes = program.nodes.map((node): NamedNode => {
    const name = nameOf(node);
    names.set(node, name);
    const shape = { kind: "shape", value: openShape(images) } as const;
    return {
      name,
      op: node.op,
      inputs: node.inputs.map(reference),
      attrs: name === IMAGES ? { ...node.attrs, shape } : node.attrs,
    };
  });
  const result = program.fetches.get(FEATURES) as Value;
  return [...nodes, {
    name: FEATURES,
    op: "Identity",
    inputs: [reference(result)],
    attrs: { T: type(result.dtype) },
  }];
}
