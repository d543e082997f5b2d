/** @file Spreads a step over devices: what is recorded once for each replica. */
import { crossingOf, type CrossingOp, replicasOf } from "../../ir/replicas.ts";
import type { DType } from "../../ir/dtype.ts";
import {
  type Attr,
  isStateful,
  type Node,
  type Program,
  type Value,
} from "../../ir/program.ts";
import { gradientScope, isBackward } from "../../ir/scope.ts";
import type { Pass } from "./pass.ts";
import { type Builder, rewrite } from "./rewrite.ts";

/** Part of the step that what replicas give each other belongs to. */
const PART = "replicas";

const type = (value: DType): Attr => ({ kind: "type", value });
const int = (value: number): Attr => ({ kind: "int", value });

/** Adds nodes of one crossing. */
class Crossed {
  readonly scope: string;

  constructor(readonly node: Node, readonly builder: Builder) {
    this.scope = isBackward(node) ? gradientScope(PART) : PART;
  }

  add(
    op: string,
    inputs: readonly Value[],
    attrs: Node["attrs"],
    { shape, dtype }: Pick<Value, "shape" | "dtype">,
    replica?: number,
  ): Value {
    const { scope } = this;
    const spec = { op, scope, inputs, attrs, replica };
    const { outputs } = this.builder.add(spec, [{ shape, dtype }]);
    return outputs[0] as Value;
  }

  numbers(shape: readonly number[], values: readonly number[]): Value {
    const data = Int32Array.from(values);
    return this.add("Const", [], {
      dtype: type("int32"),
      value: { kind: "tensor", value: { dtype: "int32", shape, data } },
    }, { shape, dtype: "int32" });
  }
}

/**
 * How each crossing is written out: its input, of every replica or the one that
 * there is, to its value of every replica, or the one. Rows are cut and joined
 * and sums taken on the first device, in the order of the replicas: of three
 * and more, sums would else be other ones from run to run.
 */
const WRITTEN: Readonly<
  Record<CrossingOp, (of: readonly Value[], to: Crossed) => readonly Value[]>
> = {
  ReplicaRows([x], to) {
    const [result] = to.node.outputs as readonly [Value];
    const { shape, dtype } = result;
    const [rows = 0, ...rest] = shape;
    const size = to.numbers([shape.length], shape);
    return Array.from({ length: replicasOf(to.node) }, (_, i) => {
      const begin = [i * rows, ...rest.map(() => 0)];
      const inputs = [x as Value, to.numbers([shape.length], begin), size];
      return to.add(
        "Slice",
        inputs,
        { T: type(dtype), Index: type("int32") },
        result,
      );
    });
  },
  AllRows(all, to) {
    const [result] = to.node.outputs as readonly [Value];
    const attrs = {
      T: type(result.dtype),
      Tidx: type("int32"),
      N: int(all.length),
    };
    return [to.add("ConcatV2", [...all, to.numbers([], [0])], attrs, result)];
  },
  ReplicaCopy([x], to) {
    const value = x as Value;
    return Array.from(
      { length: replicasOf(to.node) },
      (_, i) =>
        i === 0
          ? value
          : to.add("Identity", [value], { T: type(value.dtype) }, value, i),
    );
  },
  AllSum: (all, to) => [
    all.reduce((sum, value) =>
      to.add("AddV2", [sum, value], { T: type(value.dtype) }, value)
    ),
  ],
};

/** Whether a node's results follow from constants, which is the same anywhere. */
const isConstant = (node: Node, constants: ReadonlySet<Node>): boolean =>
  !isStateful(node) && node.after.length === 0 &&
  node.inputs.every((input) => constants.has(input.node));

/**
 * A step of several replicas is recorded once, with the rows of one of them.
 * Each replica gets nodes of its own, on its device; the first has the device
 * of all that is not repeated: variables, and what sees the whole batch.
 */
export const replicate: Pass = {
  name: "replicate",
  run(program: Program): Program {
    const first = program.nodes.find(({ op }) => crossingOf(op));
    if (!first) return program;
    const count = replicasOf(first);
    /** New values of all replicas, by the recorded one. */
    const spread = new Map<Value, readonly Value[]>();
    const constants = new Set<Node>();
    /** Constants on other devices than the first, by the recorded value. */
    const copies = Array.from({ length: count }, () => new Map<Value, Value>());
    const ends = [
      ...program.effects,
      ...[...program.fetches.values()]
        .map(({ node }) => node),
    ];
    for (const { op, scope, replica } of ends) {
      if (replica === undefined) continue;
      throw new Error(`internal: ${op} in "${scope}" would differ by replica`);
    }
    return rewrite(program, (node, builder) => {
      /** A value as a replica reads it. */
      const on = (value: Value, replica: number): Value => {
        const own = spread.get(value)?.[replica];
        if (own) return own;
        if (replica === 0 || !constants.has(value.node)) {
          return builder.map(value);
        }
        const known = copies[replica]?.get(value);
        if (known) return known;
        const copy = builder.add({
          ...value.node,
          inputs: value.node.inputs.map((input) => on(input, replica)),
          replica,
        }, value.node.outputs);
        value.node.outputs.forEach((output, i) =>
          copies[replica]?.set(output, copy.outputs[i] as Value)
        );
        return copy.outputs[value.index] as Value;
      };
      const keep = (results: readonly (readonly Value[])[]) => {
        node.outputs.forEach((output, i) => {
          spread.set(output, results.map((values) => values[i] as Value));
        });
        return results[0] as readonly Value[];
      };
      const crossing = crossingOf(node.op);
      if (crossing) {
        const [x] = node.inputs as readonly [Value];
        const of = crossing.from === "each"
          ? spread.get(x) as readonly Value[]
          : [builder.map(x)];
        const results = WRITTEN[node.op as CrossingOp](
          of,
          new Crossed(node, builder),
        );
        return crossing.from === "each"
          ? results
          : keep(results.map((value) => [value]));
      }
      if (node.replica === undefined) {
        if (isConstant(node, constants)) constants.add(node);
        return undefined;
      }
      return keep(copies.map((_, replica) =>
        builder.add({
          ...node,
          inputs: node.inputs.map((input) => on(input, replica)),
          replica: replica === 0 ? undefined : replica,
        }, node.outputs).outputs
      ));
    });
  },
};
