/** @file Computes equal things once. */
import {
  type Attr,
  isStateful,
  type Node,
  type Program,
  type Value,
} from "../../ir/program.ts";
import { isBackward } from "../../ir/scope.ts";
import type { Pass } from "./pass.ts";
import { rewrite } from "./rewrite.ts";

/** Larger constants are compared by identity only. */
const COMPARED_ELEMENTS = 4096;

/** Ops that show an activation in another form: in its memory, or copied. */
const FORMS = new Set(["GatherV2", "PadV2", "Reshape", "Slice"]);

/**
 * Whether a node shows an activation in another form, or as wide as it was.
 * The backward pass makes its own: the forward pass's would have to be kept
 * until then, or would keep what it shows.
 */
const isForm = ({ op, outputs }: Node): boolean =>
  FORMS.has(op) || (op === "Cast" && outputs[0]?.dtype === "float32");

/**
 * Merges nodes with the same op, attributes and inputs, on one device. Stateless random ops
 * are pure functions of their seed, so they merge too.
 */
export const commonSubexpressions: Pass = {
  name: "common-subexpressions",
  run(program: Program): Program {
    const first = new Map<string, readonly Value[]>();
    const ids = new Map<object, number>();
    const idOf = (object: object): number => {
      let id = ids.get(object);
      if (id === undefined) ids.set(object, id = ids.size);
      return id;
    };
    const attrKey = ([name, attr]: [string, Attr]): string => {
      if (attr.kind !== "tensor") {
        return `${name}=${JSON.stringify(attr.value, exact)}`;
      }
      const { dtype, shape, data } = attr.value;
      const content = data.length <= COMPARED_ELEMENTS
        ? Array.from(data, bits).join(" ")
        : `#${idOf(data)}`;
      return `${name}=${dtype}[${shape}]${content}`;
    };
    const keyOf = (node: Node, inputs: readonly Value[]): string =>
      [
        node.op,
        node.replica ?? 0,
        isForm(node) && isBackward(node),
        ...inputs.map((value) => `${idOf(value.node)}.${value.index}`),
        ...Object.entries(node.attrs).map(attrKey).sort(),
      ].join("|");
    return rewrite(program, (node, builder) => {
      if (isStateful(node) || node.after.length > 0) return undefined;
      const inputs = node.inputs.map(builder.map);
      const key = keyOf(node, inputs);
      const known = first.get(key);
      if (known) return known;
      const copy = builder.add({ ...node, inputs }, node.outputs);
      first.set(key, copy.outputs);
      return copy.outputs;
    });
  },
};

/** JSON has neither -0 nor infinities. */
const exact = (_: string, value: unknown): unknown =>
  typeof value === "number" ? bits(value) : value;

/** Text that tells -0 from 0; NaNs are alike. */
function bits(value: number | bigint): string {
  return Object.is(value, -0) ? "-0" : String(value);
}
