/** @file Which nodes of a program read a value. */
import type { Node, Program, Value } from "./program.ts";

/** The readers of each value in order, each once; none where nothing reads it. */
export function readersOf(
  { nodes }: Program,
): ReadonlyMap<Value, readonly Node[]> {
  const readers = new Map<Value, Node[]>();
  for (const node of nodes) {
    for (const value of new Set(node.inputs)) {
      const known = readers.get(value);
      if (known) known.push(node);
      else readers.set(value, [node]);
    }
  }
  return readers;
}
