/** @file Removes nodes that nothing asks for. */
import type { Node, Program } from "../../ir/graph.ts";
import type { Pass } from "./pass.ts";

/** Keeps what fetches and effects need, and every feed. */
export const deadCode: Pass = {
  name: "dead-code",
  run(program: Program): Program {
    const needed = new Set<Node>();
    const pending = [
      ...program.effects,
      ...[...program.fetches.values()].map(({ node }) => node),
      ...[...program.feeds.values()].map(({ node }) => node),
    ];
    for (let node = pending.pop(); node; node = pending.pop()) {
      if (needed.has(node)) continue;
      needed.add(node);
      pending.push(...node.after);
      for (const input of node.inputs) pending.push(input.node);
    }
    return {
      ...program,
      nodes: program.nodes.filter((node) => needed.has(node)),
    };
  },
};
