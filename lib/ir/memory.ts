/** @file Memory of a program's values. */
import { BYTES, sizeOf } from "./dtype.ts";
import type { Node, Program, Value } from "./program.ts";
import { ownerOf } from "./scope.ts";

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

/** Bytes of variables, all of which have 4 an element. */
export const bytesOfVariables = (
  variables: readonly { readonly shape: readonly number[] }[],
): number => variables.reduce((sum, { shape }) => sum + 4 * sizeOf(shape), 0);

/** Values that come and go, as a program runs in its recorded order. */
function* changes(
  { nodes, fetches }: Program,
): Generator<{ readonly value: Value; readonly sign: 1 | -1 }> {
  const lastReader = new Map<Value, Node>();
  for (const node of nodes) {
    for (const input of node.inputs) lastReader.set(bufferOf(input), node);
  }
  const kept = new Set([...fetches.values()].map(bufferOf));
  const freedBy = new Map<Node, Value[]>();
  for (const [value, node] of lastReader) {
    if (kept.has(value)) continue;
    const freed = freedBy.get(node) ?? [];
    freed.push(value);
    freedBy.set(node, freed);
  }
  for (const node of nodes) {
    for (const value of node.outputs) yield { value, sign: 1 };
    for (const value of freedBy.get(node) ?? []) yield { value, sign: -1 };
    for (const value of node.outputs) {
      if (!lastReader.has(value) && !kept.has(value)) yield { value, sign: -1 };
    }
  }
}

/**
 * Most bytes that the values of a program take at once, if it runs in its
 * recorded order and each value goes after its last reader.
 *
 * @param counts Which values count; all by default.
 */
export function peakBytes(
  program: Program,
  counts: (value: Value) => boolean = () => true,
): number {
  let [live, peak] = [0, 0];
  for (const { value, sign } of changes(program)) {
    if (!counts(value)) continue;
    live += sign * bytesOf(value);
    peak = Math.max(peak, live);
  }
  return peak;
}

/** The bytes that lie there at that moment, by the part of the step that made them. */
export function peakByPart(program: Program): ReadonlyMap<string, number> {
  const peak = peakBytes(program);
  const parts = new Map<string, number>();
  let live = 0;
  for (const { value, sign } of changes(program)) {
    const bytes = sign * bytesOf(value);
    const { part } = ownerOf(value.node.scope);
    live += bytes;
    parts.set(part, (parts.get(part) ?? 0) + bytes);
    if (live === peak) break;
  }
  return parts;
}
