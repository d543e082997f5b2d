/** @file What depends on no image is computed once. */
import { Machine } from "../compile/machine.ts";
import { deadCode } from "../compile/passes/dead_code.ts";
import { rewrite } from "../compile/passes/rewrite.ts";
import type { Engine } from "../engine/open.ts";
import type { TensorData } from "../ir/dtype.ts";
import type { Node, Program, Value } from "../ir/program.ts";
import { constSpec } from "./freeze.ts";

/** Nodes that depend on what is fed. */
function varyingOf({ nodes, feeds }: Program): ReadonlySet<Node> {
  const varying = new Set([...feeds.values()].map(({ node }) => node));
  for (const node of nodes) {
    if (node.inputs.some((input) => varying.has(input.node))) varying.add(node);
  }
  return varying;
}

/**
 * Replaces what is computed of constants alone by its value, so that other
 * runtimes need no ops for resized positions or standardised kernels.
 */
export async function fold(
  { api, config }: Engine,
  program: Program,
): Promise<Program> {
  const varying = varyingOf(program);
  const wanted = new Map<string, Value>();
  for (const node of program.nodes) {
    if (!varying.has(node)) continue;
    for (const input of node.inputs) {
      if (varying.has(input.node) || input.node.op === "Const") continue;
      wanted.set(`${input.node.id}:${input.index}`, input);
    }
  }
  if (wanted.size === 0) return deadCode.run(program);
  const machine = new Machine(api, { ...config, gpu: false });
  let values: Record<string, TensorData>;
  try {
    const part = { ...program, feeds: new Map(), fetches: wanted, effects: [] };
    values = await machine.load(deadCode.run(part)).run();
  } finally {
    machine.close();
  }
  const folded = rewrite(program, (node, builder) => {
    if (varying.has(node)) return undefined;
    const known = node.outputs.map((_, i) => values[`${node.id}:${i}`]);
    // For an output that nobody reads stands one that somebody does.
    const some = known.find((value) => value);
    if (!some) return undefined;
    return known.map((value = some) =>
      builder.add(constSpec(value, node.scope), [value]).outputs[0] as Value
    );
  });
  return deadCode.run(folded);
}
