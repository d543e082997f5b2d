/** @file Runs a twin's forward pass before the online network's. */
import {
  isStateful,
  type Node,
  type Program,
  type Value,
} from "../../ir/graph.ts";
import { bufferOf, bytesOf } from "../../ir/memory.ts";
import { readersOf } from "../../ir/readers.ts";
import { isBackward, ownerOf } from "../../ir/scope.ts";
import type { Pass } from "./pass.ts";
import { rewrite } from "./rewrite.ts";

/** Stages that make less, or keep less for the backward pass, do not matter. */
const MUCH_BYTES = 2 ** 24;

/** Smaller results may be there at any time. */
const LEAST_BYTES = 2 ** 14;

/** So many branches, one of each view, have work for two threads. */
const LEAST_BRANCHES = 2;

type Bytes = (value: Value) => number;

const bytesIn = ({ outputs }: Node, bytes: Bytes = bytesOf): number =>
  outputs.reduce((sum, output) => sum + bytes(output), 0);

/** What a node's stage makes, of the values that count. */
function byStage(nodes: readonly Node[], bytes: Bytes): (node: Node) => number {
  const sums = new Map<string, number>();
  for (const node of nodes) {
    const { part } = ownerOf(node.scope);
    sums.set(part, (sums.get(part) ?? 0) + bytesIn(node, bytes));
  }
  return ({ scope }) => sums.get(ownerOf(scope).part) ?? 0;
}

/** Nodes that others need, and those themselves. */
function needsOf(nodes: Iterable<Node>): ReadonlySet<Node> {
  const needs = new Set<Node>();
  const left = [...nodes];
  for (let node = left.pop(); node; node = left.pop()) {
    if (needs.has(node)) continue;
    needs.add(node);
    left.push(...node.inputs.map((input) => input.node), ...node.after);
  }
  return needs;
}

/** Nodes of the stages: those that do not wait for a gradient. */
function forwardOf({ nodes }: Program): readonly Node[] {
  const later = new Set<Node>();
  for (const node of nodes) {
    const follows = node.inputs.some((input) => later.has(input.node));
    // What has no scope feeds the whole step, or follows anyway.
    if (follows || (node.scope && isBackward(node))) later.add(node);
  }
  const parts = new Set(
    [...later].filter((node) => !isBackward(node))
      .map(({ scope }) => ownerOf(scope).part),
  );
  return nodes.filter((node) =>
    !later.has(node) && !parts.has(ownerOf(node.scope).part)
  );
}

/** Nodes of stages that keep much, and of those that keep nothing of much. */
function sidesOf(program: Program) {
  const read = new Set(
    program.nodes.filter(isBackward)
      .flatMap(({ inputs }) => inputs.map(bufferOf)),
  );
  const forward = forwardOf(program);
  const made = byStage(forward, bytesOf);
  const kept = byStage(forward, (it) => read.has(it) ? bytesOf(it) : 0);
  const online = new Set(forward.filter((node) => kept(node) >= MUCH_BYTES));
  const needed = needsOf(online);
  const twins = new Set(
    forward.filter((node) =>
      kept(node) === 0 && made(node) >= MUCH_BYTES && !needed.has(node)
    ),
  );
  return { online, twins };
}

/**
 * TensorFlow runs all branches of a step side by side. What a twin's forward
 * pass needs for a moment would lie beside the activations that the online
 * network keeps, and between them. The online network begins when its twin has
 * ended, where the twin has branches enough for the threads.
 */
export const twinsFirst: Pass = {
  name: "twins-first",
  run(program: Program): Program {
    const { online, twins } = sidesOf(program);
    const readers = readersOf(program);
    const ends = [...twins].filter(({ outputs }) =>
      outputs.some((output) =>
        bytesOf(bufferOf(output)) >= LEAST_BYTES &&
        readers.get(output)?.some((reader) => !twins.has(reader))
      )
    );
    if (ends.length < LEAST_BRANCHES) return program;
    const first = needsOf(ends);
    // A twin may read what the online network makes: its images in bfloat16,
    // but not its activations.
    const shared = [...first].filter((node) => online.has(node));
    const bytes = shared.reduce((sum, node) => sum + bytesIn(node), 0);
    if (bytes >= MUCH_BYTES) return program;
    const nodes = [
      ...program.nodes.filter((node) => first.has(node)),
      ...program.nodes.filter((node) => !first.has(node)),
    ];
    /** Whether a node reads what both networks read: the views. */
    const readsShared = ({ inputs }: Node): boolean =>
      inputs.some((input) =>
        first.has(input.node) && bytesOf(bufferOf(input)) > 0
      );
    return rewrite({ ...program, nodes }, (node, builder) => {
      const begins = online.has(node) && !first.has(node) &&
        readsShared(node) && bytesIn(node) >= LEAST_BYTES &&
        !isStateful(node) && node.after.length === 0;
      if (!begins) return undefined;
      return builder.add({
        ...node,
        inputs: node.inputs.map(builder.map),
        after: ends.map(({ outputs }) => builder.map(outputs[0] as Value).node),
      }, node.outputs).outputs;
    });
  },
};
