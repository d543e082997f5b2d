/** @file Lets what could be computed at the start of a step wait until it is needed. */
import { sizeOf } from "../../ir/dtype.ts";
import type { Node, Program, Value } from "../../ir/graph.ts";
import type { Pass } from "./pass.ts";
import { rewrite } from "./rewrite.ts";

/** Smaller results may lie there for a step. */
const LEAST_ELEMENTS = 1024;

const SOURCES = new Set(["Const", "Placeholder", "ReadVariableOp"]);

/** At hand when a step starts, or too small to matter. */
const isSource = ({ node, shape }: Value): boolean =>
  SOURCES.has(node.op) || sizeOf(shape) < LEAST_ELEMENTS;

/** Whether a node computes something large from what is there at the start. */
const isEarly = ({ op, inputs, outputs, after }: Node): boolean =>
  !SOURCES.has(op) && inputs.length > 0 && inputs.every(isSource) &&
  after.length === 0 && outputs.length === 1 &&
  sizeOf(outputs[0]?.shape ?? []) >= LEAST_ELEMENTS;

/**
 * TensorFlow starts what is ready at once, so that `weight_decay * weight`
 * and `momentum * velocity` of every variable would lie in memory from the
 * start of a step to its end. Such a node, where one other reads it alone, is
 * made to wait for what that other one reads besides.
 */
export const late: Pass = {
  name: "late",
  run(program: Program): Program {
    const readers = new Map<Node, Set<Node>>();
    for (const node of program.nodes) {
      for (const { node: read } of node.inputs) {
        readers.set(read, (readers.get(read) ?? new Set()).add(node));
      }
    }
    return rewrite(program, (node, builder) => {
      const [reader, ...more] = readers.get(node) ?? [];
      if (!isEarly(node) || !reader || more.length > 0) return undefined;
      const other = reader.inputs.find((input) =>
        !isSource(input) && !isEarly(input.node) && input.node !== node
      );
      if (!other || other.node.id > node.id) return undefined;
      return builder.add({
        ...node,
        inputs: node.inputs.map(builder.map),
        after: [builder.map(other).node],
      }, node.outputs).outputs;
    });
  },
};
