/** @file The op graph: what a traced step is made of. */
import type { DType, TensorData } from "./dtype.ts";

/** Attribute of an op, tagged with its kind in TensorFlow's op definitions. */
export type Attr =
  | { readonly kind: "type"; readonly value: DType }
  | { readonly kind: "int"; readonly value: number }
  | { readonly kind: "ints"; readonly value: readonly number[] }
  | { readonly kind: "float"; readonly value: number }
  | { readonly kind: "floats"; readonly value: readonly number[] }
  | { readonly kind: "bool"; readonly value: boolean }
  | { readonly kind: "string"; readonly value: string }
  | { readonly kind: "shape"; readonly value: readonly number[] }
  | { readonly kind: "tensor"; readonly value: TensorData };

/** Attributes of an op by name. */
export type Attrs = Readonly<Record<string, Attr>>;

/** One output of a node: static shape and element type. */
export interface Value {
  readonly node: Node;
  readonly index: number;
  readonly shape: readonly number[];
  readonly dtype: DType;
}

/** One TensorFlow op of the graph. */
export interface Node {
  /** Position in the order of recording; unique in a program. */
  readonly id: number;
  /** TensorFlow op type, such as `Conv2D`. */
  readonly op: string;
  readonly inputs: readonly Value[];
  readonly attrs: Attrs;
  readonly outputs: readonly Value[];
  /** Path of the stage or layer that recorded it, such as `y/block1.0`. */
  readonly scope: string;
  /** Nodes that must run before this one although no value flows. */
  readonly after: readonly Node[];
  /** Where it runs, beside the first device. */
  readonly replica?: Replica | undefined;
}

/**
 * A replica that a node is of: `each` as it is recorded, once for all of them,
 * a number, counted from 0, once the program is spread over devices.
 */
export type Replica = "each" | number;

/**
 * A traced function: its nodes in topological order, what is fed, what comes
 * back and what must run for its effect (assignments).
 */
export interface Program {
  readonly name: string;
  readonly nodes: readonly Node[];
  readonly feeds: ReadonlyMap<string, Value>;
  readonly fetches: ReadonlyMap<string, Value>;
  readonly effects: readonly Node[];
}

/** Fields of a node that a caller chooses; the rest follows from inference. */
export interface NodeSpec {
  readonly op: string;
  readonly inputs: readonly Value[];
  readonly attrs: Attrs;
  readonly scope: string;
  readonly after?: readonly Node[];
  readonly replica?: Replica | undefined;
}

/** Shape and element type of one output, as inferred by the engine. */
export interface OutputType {
  readonly shape: readonly number[];
  readonly dtype: DType;
}

/** Makes a node and its output values. */
export function makeNode(
  id: number,
  spec: NodeSpec,
  outputs: readonly OutputType[],
): Node {
  const values: Value[] = [];
  const node: Node = {
    id,
    op: spec.op,
    inputs: spec.inputs,
    attrs: spec.attrs,
    outputs: values,
    scope: spec.scope,
    after: spec.after ?? [],
    ...(spec.replica === undefined ? {} : { replica: spec.replica }),
  };
  outputs.forEach(({ shape, dtype }, index) => {
    values.push({ node, index, shape, dtype });
  });
  return node;
}

/** Ops on state, and inputs: never merged, and not made to wait for others. */
const STATEFUL = new Set([
  "VarHandleOp",
  "ReadVariableOp",
  "AssignVariableOp",
  "AssignSubVariableOp",
  "ResourceGather",
  "Placeholder",
]);

/** Whether an op reads or writes state, or stands for an input. */
export function isStateful(node: Node): boolean {
  return STATEFUL.has(node.op);
}
