/** @file Gives sums of three and more one order. */
import type { Program, Value } from "../../ir/program.ts";
import type { Pass } from "./pass.ts";
import { rewrite } from "./rewrite.ts";

/**
 * `AddN` adds into the memory of the first of its inputs that nobody else reads
 * any more, and begins with it. With three inputs or more the order of the sum,
 * and so its last bits, would depend on which reader was the faster. Sums of two
 * do not mind their order.
 */
export const orderedSums: Pass = {
  name: "ordered-sums",
  run: (program: Program): Program =>
    rewrite(program, ({ op, scope, inputs, attrs, outputs }, builder) => {
      if (op !== "AddN" || inputs.length < 3) return undefined;
      const { T } = attrs;
      if (!T) return undefined;
      const sum = inputs.map(builder.map).reduce((left, right): Value =>
        builder.add(
          { op: "AddV2", scope, inputs: [left, right], attrs: { T } },
          outputs,
        ).outputs[0] as Value
      );
      return [sum];
    }),
};
