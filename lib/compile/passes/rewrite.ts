/** @file Copies a program node by node, with some of them replaced. */
import {
  makeNode,
  type Node,
  type NodeSpec,
  type OutputType,
  type Program,
  type Replica,
  type Value,
} from "../../ir/program.ts";

/** Adds nodes to the program under construction. */
export interface Builder {
  /**
   * Adds a node; `outputs` are its inferred types. It runs where the node at
   * hand does, if nothing else is said.
   */
  add(spec: NodeSpec, outputs: readonly OutputType[]): Node;
  /** The new value of an old one. */
  map(value: Value): Value;
}

/**
 * Copies `program` in order. For each node, `replace` may return the values
 * that stand for its outputs; `undefined` copies the node as it is. For a node
 * without outputs stands the last one that `replace` added.
 */
export function rewrite(
  program: Program,
  replace: (node: Node, builder: Builder) => readonly Value[] | undefined,
): Program {
  const nodes: Node[] = [];
  const values = new Map<Value, Value>();
  const copies = new Map<Node, Node>();
  const map = (value: Value): Value => {
    const mapped = values.get(value);
    if (!mapped) throw new Error(`internal: ${value.node.op} was not copied`);
    return mapped;
  };
  let replica: Replica | undefined;
  const builder: Builder = {
    map,
    add(spec, outputs) {
      const node = makeNode(nodes.length, { replica, ...spec }, outputs);
      nodes.push(node);
      return node;
    },
  };
  for (const node of program.nodes) {
    const before = nodes.length;
    replica = node.replica;
    let outputs = replace(node, builder);
    if (!outputs) {
      const copy = builder.add({
        ...node,
        inputs: node.inputs.map(map),
        after: node.after.map((earlier) => copies.get(earlier) as Node),
      }, node.outputs);
      copies.set(node, copy);
      outputs = copy.outputs;
    } else {
      const last = outputs[0]?.node ?? nodes.slice(before).at(-1);
      if (!last) throw new Error(`internal: nothing stands for ${node.op}`);
      copies.set(node, last);
    }
    node.outputs.forEach((old, i) => values.set(old, outputs[i] as Value));
  }
  const mapped = (named: ReadonlyMap<string, Value>): Map<string, Value> =>
    new Map([...named].map(([name, value]) => [name, map(value)]));
  return {
    name: program.name,
    nodes,
    feeds: mapped(program.feeds),
    fetches: mapped(program.fetches),
    effects: program.effects.map((node) => copies.get(node) as Node),
  };
}
