/** @file An ONNX graph under construction, from the values of a program. */
import { UserError } from "../../errors.ts";
import type { TensorData } from "../../ir/dtype.ts";
import type { Attr, Node, Value } from "../../ir/program.ts";
import { constantOf } from "../freeze.ts";
import { permuted } from "../../weights/permute.ts";
import type { OnnxAttr, OnnxNode } from "./messages.ts";

/** Order of dimensions from TensorFlow's images to ONNX's, and back. */
export const [TO_PLANES, TO_PIXELS] = [[0, 3, 1, 2], [0, 2, 3, 1]] as const;

/** A whole number as an attribute. */
export const int = (value: number): OnnxAttr => ({ kind: "int", value });
/** Whole numbers. */
export const ints = (value: readonly number[]): OnnxAttr => ({
  kind: "ints",
  value,
});
/** A real number. */
export const float = (value: number): OnnxAttr => ({ kind: "float", value });
/** A text. */
export const string = (value: string): OnnxAttr => ({ kind: "string", value });

/** Whole numbers as sizes and axes are given. */
export const int64s = (values: Iterable<number>): TensorData => {
  const data = BigInt64Array.from([...values].map(BigInt));
  return { dtype: "int64", shape: [data.length], data };
};

/**
 * Nodes and weights so far. A value has up to two names: its own, and that of
 * its planes, channels before rows, which ONNX's convolutions and pools take.
 * Each is made where it is asked for, so that images are transposed at the
 * beginning and not around every convolution.
 */
export class OnnxBuilder {
  readonly nodes: OnnxNode[] = [];
  readonly weights = new Map<string, TensorData>();
  readonly #names = new Map<Value, string>();
  readonly #planes = new Map<Value, string>();
  readonly #used = new Map<string, number>();

  #unique(wanted: string): string {
    const count = this.#used.get(wanted) ?? 0;
    this.#used.set(wanted, count + 1);
    return count === 0 ? wanted : `${wanted}_${count}`;
  }

  /** Adds an op with one output, and returns its name. */
  emit(
    op: string,
    inputs: readonly string[],
    attrs: Readonly<Record<string, OnnxAttr>> = {},
    scope = "",
  ): string {
    return this.emitAll(op, inputs, 1, attrs, scope)[0] as string;
  }

  /** Adds an op of several outputs. */
  emitAll(
    op: string,
    inputs: readonly string[],
    count: number,
    attrs: Readonly<Record<string, OnnxAttr>> = {},
    scope = "",
  ): string[] {
    const name = this.#unique(scope ? `${scope}/${op}` : op);
    const outputs = Array.from(
      { length: count },
      (_, i) => count === 1 ? name : `${name}:${i}`,
    );
    this.nodes.push({ op, name, inputs, outputs, attrs });
    return outputs;
  }

  /** Adds a constant. */
  weight(value: TensorData, scope = ""): string {
    const name = this.#unique(scope ? `${scope}/weight` : "constant");
    this.weights.set(name, value);
    return name;
  }

  /** Says what a value is called. */
  give(value: Value | undefined, name: string): void {
    if (value) this.#names.set(value, name);
  }

  /** Says what the planes of a value are called. */
  givePlanes(value: Value | undefined, name: string): void {
    if (value) this.#planes.set(value, name);
  }

  /** Whether a value is at hand as planes. */
  hasPlanes = (value: Value): boolean => this.#planes.has(value);

  /** Name of a value. */
  name(value: Value): string {
    const known = this.#names.get(value);
    if (known !== undefined) return known;
    const constant = constantOf(value.node);
    const planes = this.#planes.get(value);
    if (!constant && !planes) {
      throw new Error(`internal: ${value.node.op} has no name`);
    }
    const name = constant
      ? this.weight(constant, value.node.scope)
      : this.emit("Transpose", [planes as string], {
        perm: ints(TO_PIXELS),
      }, value.node.scope);
    this.#names.set(value, name);
    return name;
  }

  /** Name of the planes of `[batch, height, width, channels]`. */
  planes(value: Value): string {
    const known = this.#planes.get(value);
    if (known !== undefined) return known;
    const constant = constantOf(value.node);
    const { scope } = value.node;
    const name = constant
      ? this.weight(permuted(constant, TO_PLANES), scope)
      : this.emit("Transpose", [this.name(value)], {
        perm: ints(TO_PLANES),
      }, scope);
    this.#planes.set(value, name);
    return name;
  }
}

/**
 * A constant operand.
 *
 * @throws {UserError} When it is computed.
 */
export function known(node: Node, place: number): TensorData {
  const value = node.inputs[place];
  const constant = value && constantOf(value.node);
  if (constant) return constant;
  throw new UserError(
    `Cannot export ${node.op} in "${node.scope}": its operand ${place} is computed.`,
  );
}

/** Whole numbers of a constant operand. */
export const numbersOf = (node: Node, place: number): number[] =>
  Array.from(known(node, place).data, Number);

/** An attribute's value. */
export function attrOf<K extends Attr["kind"]>(
  { op, attrs }: Node,
  name: string,
  kind: K,
): Extract<Attr, { kind: K }>["value"] {
  const attr = attrs[name];
  if (attr?.kind === kind) return attr.value as never;
  throw new Error(`internal: ${op} has no ${kind} "${name}"`);
}
