/** @file Variables become constants. */
import type { Values } from "../checkpoint/store.ts";
import { rewrite } from "../compile/passes/rewrite.ts";
import { UserError } from "../errors.ts";
import type { TensorData } from "../ir/dtype.ts";
import type { Node, NodeSpec, Program } from "../ir/program.ts";
import type { VariableRef } from "../trace/execution.ts";

/** A `Const` node. */
export const constSpec = (value: TensorData, scope: string): NodeSpec => ({
  op: "Const",
  inputs: [],
  attrs: {
    dtype: { kind: "type", value: value.dtype },
    value: { kind: "tensor", value },
  },
  scope,
});

/** Value of a `Const` node; none of another. */
export function constantOf({ op, attrs }: Node): TensorData | undefined {
  const value = attrs["value"];
  return op === "Const" && value?.kind === "tensor" ? value.value : undefined;
}

function variableOf({ inputs }: Node): string {
  const name = inputs[0]?.node.attrs["shared_name"];
  return name?.kind === "string" ? name.value : "";
}

/**
 * Value of a variable.
 *
 * @throws {UserError} When it is missing, or of another shape.
 */
export function valueOf(
  values: Values,
  { path, shape, dtype }: VariableRef,
): TensorData {
  const value = values[path];
  const found = value && `${value.dtype}[${value.shape}]`;
  const expected = `${dtype}[${shape}]`;
  if (value && found === expected) return value;
  throw new UserError(
    `Cannot use these weights: "${path}" is ${
      found ?? "missing"
    }, expected ${expected}.\nThey belong to another network.`,
  );
}

/**
 * Each read of a variable becomes the variable's value.
 *
 * @throws {UserError} When a value is missing, or of another shape.
 */
export function freeze(program: Program, values: Values): Program {
  return rewrite(program, (node, builder) => {
    const [output] = node.outputs;
    if (node.op !== "ReadVariableOp" || !output) return undefined;
    const value = valueOf(values, { ...output, path: variableOf(node) });
    return builder.add(constSpec(value, node.scope), [value]).outputs;
  });
}
