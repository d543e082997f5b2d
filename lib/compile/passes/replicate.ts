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

  numbers(
    shape: readonly number[],
    values: readonly number[],
    replica?: number,
  ): Value {
    const data = Int32Array.from(values);
    return this.add(
      "Const",
      [],
      {
        dtype: type("int32"),
        value: { kind: "tensor", value: { dtype: "int32", shape, data } },
      },
      { shape, dtype: "int32" },
      replica,
    );
  }

  sum(values: readonly Value[], replica?: number): Value {
    return values.reduce((sum, value) =>
      this.add("AddV2", [sum, value], { T: type(value.dtype) }, value, replica)
    );
  }

  copy(value: Value, replica: number): Value {
    return this.add(
      "Identity",
      [value],
      { T: type(value.dtype) },
      value,
      replica,
    );
  }

  reshape(value: Value, shape: readonly number[], replica?: number): Value {
    return this.add(
      "Reshape",
      [value, this.numbers([shape.length], shape, replica)],
      { T: type(value.dtype), Tshape: type("int32") },
      { shape, dtype: value.dtype },
      replica,
    );
  }

  slice(
    value: Value,
    begin: readonly number[],
    shape: readonly number[],
    replica?: number,
  ): Value {
    const at = [begin, shape].map((numbers) =>
      this.numbers([numbers.length], numbers, replica)
    );
    return this.add(
      "Slice",
      [value, ...at],
      { T: type(value.dtype), Index: type("int32") },
      { shape, dtype: value.dtype },
      replica,
    );
  }

  concat(
    values: readonly Value[],
    shape: readonly number[],
    replica?: number,
  ): Value {
    const { dtype } = values[0] as Value;
    return this.add(
      "ConcatV2",
      [...values, this.numbers([], [0], replica)],
      { T: type(dtype), Tidx: type("int32"), N: int(values.length) },
      { shape, dtype },
      replica,
    );
  }

  /** As many pieces of a value, one behind the other. */
  pieces(value: Value, count: number, replica?: number): Value[] {
    const size = sizeOf(value);
    const flat = this.reshape(value, [size], replica);
    const most = Math.ceil(size / count);
    return Array.from({ length: count }, (_, i) => {
      const begin = i * most;
      const shape = [Math.min(most, size - begin)];
      return this.slice(flat, [begin], shape, replica);
    });
  }

  /** A value of its pieces. */
  whole(pieces: readonly Value[], like: Value, replica?: number): Value {
    const flat = this.concat(pieces, [sizeOf(like)], replica);
    return this.reshape(flat, like.shape, replica);
  }
}

const sizeOf = ({ shape }: Value): number =>
  shape.reduce((size, side) => size * side, 1);

/** Smaller values are sent whole: pieces of them would cost more than they save. */
const LEAST_PIECED = 2 ** 14;

/**
 * Whether each device takes a piece of a value and gives it to the others. The
 * first device by itself would send the value to each of them, or be sent it by
 * each; in pieces it is nearly twice the value, however many they are. Two
 * devices gain nothing.
 */
const inPieces = (value: Value, replicas: number): boolean =>
  replicas > 2 && sizeOf(value) >= LEAST_PIECED;

/** Device of a piece: what is on the first is not placed. */
const deviceOf = (replica: number): number | undefined => replica || undefined;

/**
 * How each crossing is written out: its input, of every replica or the one that
 * there is, to its value of every replica, or the one. Rows are cut and joined
 * on the first device. Sums are taken in the order of the replicas: of three
 * and more, sums would else be other ones from run to run.
 */
const WRITTEN: Readonly<
  Record<CrossingOp, (of: readonly Value[], to: Crossed) => readonly Value[]>
> = {
  ReplicaRows([x], to) {
    const { shape } = to.node.outputs[0] as Value;
    const [rows = 0, ...rest] = shape;
    return Array.from(
      { length: replicasOf(to.node) },
      (_, i) => to.slice(x as Value, [i * rows, ...rest.map(() => 0)], shape),
    );
  },
  AllRows: (all, to) => [to.concat(all, (to.node.outputs[0] as Value).shape)],
  ReplicaCopy([x], to) {
    const value = x as Value;
    const count = replicasOf(to.node);
    const others = Array.from({ length: count - 1 }, (_, i) => i + 1);
    if (!inPieces(value, count)) {
      return [value, ...others.map((i) => to.copy(value, i))];
    }
    const pieces = to.pieces(value, count)
      .map((piece, i) => i === 0 ? piece : to.copy(piece, i));
    return [value, ...others.map((i) => to.whole(pieces, value, i))];
  },
  AllSum(all, to) {
    const value = all[0] as Value;
    if (!inPieces(value, all.length)) return [to.sum(all)];
    const pieces = all.map((one, i) => to.pieces(one, all.length, deviceOf(i)));
    const sums = all.map((_, i) =>
      to.sum(pieces.map((of) => of[i] as Value), deviceOf(i))
    );
    return [to.whole(sums, value)];
  },
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
