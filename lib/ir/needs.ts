/** @file What has to run for a node to run. */
import type { Node } from "./program.ts";

/** Some nodes, and all that they need. */
export function needsOf(nodes: Iterable<Node>): ReadonlySet<Node> {
  const needs = new Set<Node>();
  const left = [...nodes];
  for (let node = left.pop(); node; node = left.pop()) {
    if (needs.has(node)) continue;
    needs.add(node);
    for (const input of node.inputs) left.push(input.node);
    left.push(...node.after);
  }
  return needs;
}
