/** @file Memory of a program's values. */
import { BYTES, sizeOf } from "./dtype.ts";
import type { Node, Program, Value } from "./graph.ts";

/** Ops whose first output is their first input's memory under another name. */
const ALIASES = new Set([
  "ExpandDims",
  "Identity",
  "Reshape",
  "Squeeze",
  "StopGradient",
]);

/** Ops whose outputs are memory that a step does not allocate. */
const STANDING = new Set(["Const", "Placeholder", "ReadVariableOp"]);

/** The value whose memory another one shares; itself for most. */
export function bufferOf(value: Value): Value {
  let current = value;
  while (ALIASES.has(current.node.op) && current.node.inputs[0]) {
    current = current.node.inputs[0];
  }
  return current;
}

/** Bytes that a step allocates for a value; 0 for variables and constants. */
export function bytesOf({ node, shape, dtype }: Value): number {
  if (STANDING.has(node.op) || ALIASES.has(node.op)) return 0;
  return Math.max(0, sizeOf(shape)) * BYTES[dtype];
}

/**
 * Most bytes that the values of a program take at once, if it runs in its
 * recorded order and each value goes after its last reader.
 */
export function peakBytes({ nodes, fetches }: Program): number {
  const lastReader = new Map<Value, Node>();
  for (const node of nodes) {
    for (const input of node.inputs) lastReader.set(bufferOf(input), node);
  }
  const kept = new Set([...fetches.values()].map(bufferOf));
  const freedBy = new Map<Node, Value[]>();
  for (const [value, node] of lastReader) {
    if (kept.has(value)) continue;
    freedBy.set(node, [...freedBy.get(node) ?? [], value]);
  }
  let [live, peak] = [0, 0];
  for (const node of nodes) {
    for (const output of node.outputs) live += bytesOf(output);
    peak = Math.max(peak, live);
    for (const value of freedBy.get(node) ?? []) live -= bytesOf(value);
    for (const output of node.outputs) {
      if (!lastReader.has(output) && !kept.has(output)) live -= bytesOf(output);
    }
  }
  return peak;
}
