/** @file The weights that a program reads, and no others. */
import type { Values } from "../checkpoint/store.ts";
import { UserError } from "../errors.ts";
import { followed, initializer } from "../graph/initialize.ts";
import type { StageGraph } from "../graph/stage_graph.ts";
import type { Traceable, VariableRef } from "../trace/execution.ts";
import type { Programs } from "../compile/runtime.ts";

/** Variables by path. */
export type Needed = ReadonlyMap<string, VariableRef>;

/** A function that notes which variables it reads, as it is traced. */
export function noting(
  body: Traceable,
): { readonly body: Traceable; readonly needed: Needed } {
  const needed = new Map<string, VariableRef>();
  return {
    needed,
    body: (execution) =>
      body({
        ...execution,
        read(variable) {
          needed.set(variable.path, variable);
          return execution.read(variable);
        },
        gather(variable, indices) {
          needed.set(variable.path, variable);
          return execution.gather(variable, indices);
        },
      }),
  };
}

/**
 * Puts saved values into the variables that are needed.
 *
 * @param where What holds the values, for messages.
 * @throws {UserError} When they are those of another network.
 */
export async function restoreWeights(
  programs: Programs,
  needed: Needed,
  values: Values,
  where: string,
): Promise<void> {
  for (const { path, shape, dtype } of needed.values()) {
    const value = values[path];
    const found = value && `${value.dtype}[${value.shape}]`;
    const expected = `${dtype}[${shape}]`;
    if (found === expected) continue;
    throw new UserError(
      `Cannot use the weights of ${where}: "${path}" is ${
        found ?? "missing"
      }, expected ${expected}.\nThey are those of another network.`,
    );
  }
  const restore = programs.load("restore", (execution) => {
    for (const ref of needed.values()) {
      execution.assign(ref, execution.feed(ref.path, ref.shape, ref.dtype));
    }
    return {};
  });
  await restore.run(values);
}

/** Gives the variables that are needed the values that a run begins with. */
export async function firstWeights(
  programs: Programs,
  needed: Needed,
  graph: StageGraph,
  seed: number,
): Promise<void> {
  const variables = graph.order.flatMap((wired) => wired.variables)
    .filter(({ path }) => needed.has(path));
  const init = initializer(variables, seed, followed(graph));
  const step = { dtype: "int32", shape: [], data: Int32Array.of(0) } as const;
  await programs.load("initialize", init).run({ step });
}
