/** @file Runs a twin's forward pass before the online network's. */
import {
  isStateful,
  type Node,
  type Program,
  type Value,
} from "../../ir/program.ts";
import { bufferOf, bytesOf } from "../../ir/memory.ts";
import { needsOf } from "../../ir/needs.ts";
import { readersOf } from "../../ir/readers.ts";
import { bytesIn, MUCH_BYTES, networksOf } from "./networks.ts";
import type { Pass } from "./pass.ts";
import { rewrite } from "./rewrite.ts";

/** What is computed of weights alone, and of statistics, may run at any time. */
const LEAST_BYTES = 2 ** 14;

/** So many branches, one of each view, have work for two threads. */
const LEAST_BRANCHES = 2;

/**
 * TensorFlow runs all branches of a step side by side. What a twin's forward
 * pass needs for a moment would lie beside the activations that the online
 * network keeps, and between them. The online network begins when its twin has
 * ended, where the twin has branches enough for the threads.
 */
export const twinsFirst: Pass = {
  name: "twins-first",
  run(program: Program): Program {
    const { forward, online, twins } = networksOf(program);
    const readers = readersOf(program);
    // Its results, one of each branch: not the statistics that the EMA moves.
    const ends = [...twins].filter(({ outputs }) =>
      outputs.some((output) =>
        bytesOf(bufferOf(output)) >= LEAST_BYTES &&
        readers.get(output)?.some((it) => forward.has(it) && !twins.has(it))
      )
    );
    const here = ends.filter(({ replica }) => replica === undefined);
    if (here.length < LEAST_BRANCHES) return program;
    const first = needsOf(ends);
    // A twin may read what the online network makes: its images in bfloat16,
    // but not its activations.
    const shared = [...first].filter((node) => online.has(node));
    const bytes = shared.reduce((sum, node) => sum + bytesIn(node), 0);
    if (bytes >= MUCH_BYTES) return program;
    const nodes = [
      ...program.nodes.filter((node) => first.has(node)),
      ...program.nodes.filter((node) => !first.has(node)),
    ];
    /** Whether a node reads what both networks read: the views. */
    const readsShared = ({ inputs }: Node): boolean =>
      inputs.some((input) =>
        first.has(input.node) && bytesOf(bufferOf(input)) > 0
      );
    return rewrite({ ...program, nodes }, (node, builder) => {
      const begins = online.has(node) && !first.has(node) &&
        readsShared(node) && bytesIn(node) >= LEAST_BYTES &&
        !isStateful(node) && node.after.length === 0;
      if (!begins) return undefined;
      return builder.add({
        ...node,
        inputs: node.inputs.map(builder.map),
        after: ends.filter(({ replica }) => replica === node.replica)
          .map(({ outputs }) => builder.map(outputs[0] as Value).node),
      }, node.outputs).outputs;
    });
  },
};
