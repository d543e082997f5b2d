/** @file Lets what could be computed early in a step wait until it is needed. */
import { sizeOf } from "../../ir/dtype.ts";
import {
  isStateful,
  type Node,
  type Program,
  type Value,
} from "../../ir/program.ts";
import { bytesOf } from "../../ir/memory.ts";
import { readersOf } from "../../ir/readers.ts";
import type { Pass } from "./pass.ts";
import { rewrite } from "./rewrite.ts";

/** Smaller results may lie there for a step. */
const LEAST_ELEMENTS = 1024;

/** So many ops may lie between a result and its first reader. */
const SLACK = 8;

/** So many ops before it is needed a result is begun, to be there in time. */
const LEAD = 6;

const isMuch = ({ shape }: Value): boolean => sizeOf(shape) >= LEAST_ELEMENTS;

/** Whether a node's results are memory that is worth to wait with. */
const isLarge = ({ outputs }: Node): boolean =>
  outputs.some((value) => bytesOf(value) > 0 && isMuch(value));

/** Whether a node makes little of much, which can be let go then. */
const isReduction = ({ inputs, outputs }: Node): boolean =>
  inputs.some(isMuch) && !outputs.some(isMuch);

/** The order that a program's values force upon its ops. */
class Order {
  readonly #depths = new Map<Node, number>();

  constructor({ nodes }: Program) {
    for (const node of nodes) {
      const last = this.lastOf(node);
      this.#depths.set(node, last ? this.depthOf(last) + 1 : 0);
    }
  }

  /** Ops on the longest way from the start of a step to a node's results. */
  depthOf(node: Node): number {
    return this.#depths.get(node) ?? 0;
  }

  /** The node whose results a node has to wait for longest. */
  lastOf({ inputs }: Node): Node | undefined {
    let last = inputs[0]?.node;
    for (const { node } of inputs) {
      if (last && this.depthOf(node) > this.depthOf(last)) last = node;
    }
    return last;
  }
}

/**
 * For each node that could run long before anything reads its results, what
 * its first reader has to wait for besides.
 */
function needs(program: Program, order: Order): Map<Node, Node> {
  const readers = readersOf(program);
  const needs = new Map<Node, Node>();
  for (const node of program.nodes.toReversed()) {
    if (isReduction(node)) continue;
    let first: Node | undefined;
    for (const reader of node.outputs.flatMap((it) => readers.get(it) ?? [])) {
      const start = needs.get(reader) ?? order.lastOf(reader) as Node;
      if (!first || order.depthOf(start) < order.depthOf(first)) first = start;
    }
    if (first && order.depthOf(first) > order.depthOf(node) + SLACK) {
      needs.set(node, first);
    }
  }
  return needs;
}

/**
 * TensorFlow starts what is ready at once, so that much would lie in memory
 * from the start of a step, or of the backward pass, until it is read: decayed
 * weights and momentum, coefficients of kernels, windows of activations. The
 * first op on the way to such a result is made to wait.
 */
export const delay: Pass = {
  name: "delay",
  run(program: Program): Program {
    const order = new Order(program);
    const needed = needs(program, order);
    /** What a node can wait for and is in time. */
    const waitOf = (node: Node): Node | undefined => {
      let wait = needed.get(node);
      const depth = wait ? order.depthOf(wait) - LEAD : 0;
      // Not what is recorded later: that may depend on the node itself.
      // Nor what another device computes: that would have to tell this one.
      while (
        wait && (wait.id >= node.id || order.depthOf(wait) > depth ||
          wait.replica !== node.replica)
      ) {
        wait = order.lastOf(wait);
      }
      return wait;
    };
    /** Depth of what a node waits for already, through its inputs. */
    const held = new Map<Node, number>();
    return rewrite(program, (node, builder) => {
      const free = !isStateful(node) && node.after.length === 0;
      const until = Math.max(
        order.depthOf(node),
        ...node.inputs.map((input) => held.get(input.node) ?? 0),
      );
      const wait = free && isLarge(node) ? waitOf(node) : undefined;
      if (!wait || order.depthOf(wait) <= until) {
        held.set(node, until);
        return undefined;
      }
      held.set(node, order.depthOf(wait));
      const inputs = node.inputs.map(builder.map);
      const after = [builder.map(wait.outputs[0] as Value).node];
      return builder.add({ ...node, inputs, after }, node.outputs).outputs;
    });
  },
};
