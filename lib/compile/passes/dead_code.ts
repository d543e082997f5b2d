/** @file Removes nodes that nothing asks for. */
import type { Program } from "../../ir/program.ts";
import { needsOf } from "../../ir/needs.ts";
import type { Pass } from "./pass.ts";

/** Keeps what fetches and effects need, and every feed. */
export const deadCode: Pass = {
  name: "dead-code",
  run(program: Program): Program {
    const needed = needsOf([
      ...program.effects,
      ...[...program.fetches.values()].map(({ node }) => node),
      ...[...program.feeds.values()].map(({ node }) => node),
    ]);
    return {
      ...program,
      nodes: program.nodes.filter((node) => needed.has(node)),
    };
  },
};
