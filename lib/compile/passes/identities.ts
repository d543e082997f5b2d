/** @file Removes ops that change nothing. */
import type { Node, Program, Value } from "../../ir/program.ts";
import type { Pass } from "./pass.ts";
import { rewrite } from "./rewrite.ts";

const sameShape = ({ inputs, outputs }: Node): boolean =>
  `${inputs[0]?.shape}` === `${outputs[0]?.shape}`;

/** Whether an op gives its first input back, by op. */
const CHANGES_NOTHING: Readonly<Record<string, (node: Node) => boolean>> = {
  AddN: ({ inputs }) => inputs.length === 1,
  PadV2: sameShape,
  Reshape: sameShape,
  BroadcastTo: sameShape,
  Slice: sameShape,
  // Gradients are recorded by now.
  StopGradient: () => true,
  Cast: ({ inputs, outputs }) => inputs[0]?.dtype === outputs[0]?.dtype,
};

/** Reads of such an op become reads of its input. */
export const identities: Pass = {
  name: "identities",
  run: (program: Program): Program =>
    rewrite(
      program,
      (node, { map }) =>
        CHANGES_NOTHING[node.op]?.(node)
          ? [map(node.inputs[0] as Value)]
          : undefined,
    ),
};
