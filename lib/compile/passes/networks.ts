/** @file Which nodes are of the network that learns, and which of its twin. */
import type { Node, Program, Value } from "../../ir/program.ts";
import { bufferOf, bytesOf } from "../../ir/memory.ts";
import { needsOf } from "../../ir/needs.ts";
import { isBackward, ownerOf } from "../../ir/scope.ts";

/**
 * When stages run that make or keep less does not matter: a process with a step
 * holds 0.4 GB and more, which varies by as much from run to run.
 */
export const MUCH_BYTES = 2 ** 24;

/** Forward passes of a step's networks. */
export interface Networks {
  /** Nodes of all stages, forwards. */
  readonly forward: ReadonlySet<Node>;
  /** Those of stages that learn, and keep much for their gradients. */
  readonly online: ReadonlySet<Node>;
  /** Those of stages that make much, and keep nothing. */
  readonly twins: ReadonlySet<Node>;
}

/** What a node's results take, of the values that count. */
export const bytesIn = (
  { outputs }: Node,
  counts: (value: Value) => boolean = () => true,
): number =>
  outputs.filter(counts).reduce((sum, output) => sum + bytesOf(output), 0);

/** What a node's stage makes, of the values that count. */
function byStage(
  nodes: readonly Node[],
  counts?: (value: Value) => boolean,
): (node: Node) => number {
  const sums = new Map<string, number>();
  for (const node of nodes) {
    const { part } = ownerOf(node.scope);
    sums.set(part, (sums.get(part) ?? 0) + bytesIn(node, counts));
  }
  return ({ scope }) => sums.get(ownerOf(scope).part) ?? 0;
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

/** Tells a program's networks apart, by what their stages keep and make. */
export function networksOf(program: Program): Networks {
  const backward = program.nodes.filter(isBackward);
  const read = new Set(
    backward.flatMap(({ inputs }) => inputs.map(bufferOf)),
  );
  // Views and queues are read too, but have no gradients.
  const learning = new Set(
    backward.filter(({ scope }) => scope).map(({ scope }) =>
      ownerOf(scope).part
    ),
  );
  const forward = forwardOf(program);
  const made = byStage(forward);
  const kept = byStage(forward, (value) => read.has(value));
  const online = new Set(
    forward.filter((node) =>
      kept(node) >= MUCH_BYTES && learning.has(ownerOf(node.scope).part)
    ),
  );
  const needed = needsOf(online);
  const twins = new Set(
    forward.filter((node) =>
      kept(node) === 0 && made(node) >= MUCH_BYTES && !needed.has(node)
    ),
  );
  return { forward: new Set(forward), online, twins };
}
