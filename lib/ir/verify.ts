/** @file What every program must satisfy, checked after each compiler pass. */
import type { Node, Program } from "./program.ts";

/**
 * Checks that a program is well formed: every input is produced earlier by a
 * node of the program, outputs know their node, ids are unique, and feeds,
 * fetches and effects belong to it.
 *
 * @throws {Error} An internal fault, naming the node and the pass.
 */
export function verify(program: Program, pass = "trace"): void {
  const seen = new Set<Node>();
  const ids = new Set<number>();
  const fail = (what: string): never => {
    throw new Error(`internal: after ${pass} of "${program.name}": ${what}`);
  };
  for (const node of program.nodes) {
    const label = `${node.op} (node ${node.id}, scope "${node.scope}")`;
    if (seen.has(node)) fail(`${label} stands twice`);
    if (ids.has(node.id)) fail(`${label} has the id of another node`);
    ids.add(node.id);
    for (const input of node.inputs) {
      if (!seen.has(input.node)) {
        fail(`${label} reads ${input.node.op} ${input.node.id} before it runs`);
      }
      if (input.node.outputs[input.index] !== input) {
        fail(`${label} reads an output that ${input.node.op} does not have`);
      }
    }
    for (const earlier of node.after) {
      if (!seen.has(earlier)) fail(`${label} waits for a later node`);
    }
    seen.add(node);
  }
  const owned = (what: string, node: Node): void => {
    if (!seen.has(node)) fail(`${what} is not in the program`);
  };
  for (const [name, value] of program.feeds) {
    owned(`feed "${name}"`, value.node);
  }
  for (const [name, value] of program.fetches) {
    owned(`fetch "${name}"`, value.node);
  }
  for (const node of program.effects) owned(`effect ${node.op}`, node);
}
