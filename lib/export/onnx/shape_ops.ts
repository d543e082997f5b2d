/** @file ONNX nodes of TensorFlow's ops that move numbers and leave them as they are. */
import type { TensorData } from "../../ir/dtype.ts";
import type { Node, Value } from "../../ir/program.ts";
import { constantOf } from "../freeze.ts";
import { attrOf, int, int64s, ints, numbersOf } from "./builder.ts";
import type { OnnxBuilder } from "./builder.ts";
import { ONNX_DTYPE } from "./messages.ts";
import type { OnnxRow } from "./row.ts";

/** ONNX's "to the end". */
const END = 2 ** 31 - 1;

const asInt64 = (value: TensorData): TensorData => ({
  ...int64s(Array.from(value.data, Number)),
  shape: value.shape,
});

/** Sizes, as ONNX takes them: in 64 bits. */
function sizes(node: Node, place: number, to: OnnxBuilder): string {
  const value = node.inputs[place] as Value;
  const constant = constantOf(value.node);
  if (constant) return to.weight(asInt64(constant), node.scope);
  return to.emit("Cast", [to.name(value)], {
    to: int(ONNX_DTYPE.int64 as number),
  }, node.scope);
}

const reshape: OnnxRow = (node, to) => {
  const inputs = [to.name(node.inputs[0] as Value), sizes(node, 1, to)];
  to.give(node.outputs[0], to.emit("Reshape", inputs, {}, node.scope));
};

const transpose: OnnxRow = (node, to) => {
  const x = to.name(node.inputs[0] as Value);
  const name = to.emit("Transpose", [x], {
    perm: ints(numbersOf(node, 1)),
  }, node.scope);
  to.give(node.outputs[0], name);
};

const concat: OnnxRow = (node, to) => {
  const values = node.inputs.slice(0, -1).map((value) => to.name(value));
  const [axis = 0] = numbersOf(node, node.inputs.length - 1);
  const attrs = { axis: int(axis) };
  to.give(node.outputs[0], to.emit("Concat", values, attrs, node.scope));
};

const axisOf = (node: Node, name: string, rank: number): number => {
  const axis = attrOf(node, name, "int");
  return axis < 0 ? axis + rank : axis;
};

const pack: OnnxRow = (node, to) => {
  const rank = node.outputs[0]?.shape.length as number;
  const axis = axisOf(node, "axis", rank);
  const where = to.weight(int64s([axis]), node.scope);
  const raised = node.inputs.map((value) =>
    to.emit("Unsqueeze", [to.name(value), where], {}, node.scope)
  );
  const name = raised.length === 1
    ? raised[0] as string
    : to.emit("Concat", raised, { axis: int(axis) }, node.scope);
  to.give(node.outputs[0], name);
};

const unpack: OnnxRow = (node, to) => {
  const [x] = node.inputs as [Value];
  const axis = axisOf(node, "axis", x.shape.length);
  const count = node.outputs.length;
  const where = to.weight(int64s([axis]), node.scope);
  const parts = to.emitAll("Split", [to.name(x)], count, {
    axis: int(axis),
    num_outputs: int(count),
  }, node.scope);
  node.outputs.forEach((output, i) => {
    const inputs = [parts[i] as string, where];
    to.give(output, to.emit("Squeeze", inputs, {}, node.scope));
  });
};

const slice: OnnxRow = (node, to) => {
  const starts = numbersOf(node, 1);
  const lengths = numbersOf(node, 2);
  // A slice that is as long as its dimension is the rest of it.
  const ends = lengths.map((length, i) =>
    length < 0 ? END : (starts[i] as number) + length
  );
  const name = to.emit(
    "Slice",
    [
      to.name(node.inputs[0] as Value),
      to.weight(int64s(starts), node.scope),
      to.weight(int64s(ends), node.scope),
      to.weight(int64s(starts.map((_, axis) => axis)), node.scope),
    ],
    {},
    node.scope,
  );
  to.give(node.outputs[0], name);
};

const gather: OnnxRow = (node, to) => {
  const [axis = 0] = numbersOf(node, 2);
  const inputs = node.inputs.slice(0, 2).map((value) => to.name(value));
  const attrs = { axis: int(axis) };
  to.give(node.outputs[0], to.emit("Gather", inputs, attrs, node.scope));
};

const tile = (op: string): OnnxRow => (node, to) => {
  const inputs = [to.name(node.inputs[0] as Value), sizes(node, 1, to)];
  to.give(node.outputs[0], to.emit(op, inputs, {}, node.scope));
};

const shape: OnnxRow = (node, to) => {
  const x = to.name(node.inputs[0] as Value);
  const wide = to.emit("Shape", [x], {}, node.scope);
  const name = to.emit("Cast", [wide], {
    to: int(ONNX_DTYPE.int32 as number),
  }, node.scope);
  to.give(node.outputs[0], name);
};

const choose: OnnxRow = (node, to) => {
  const inputs = node.inputs.map((value) => to.name(value));
  to.give(node.outputs[0], to.emit("Where", inputs, {}, node.scope));
};

/** Rows of the table for shapes. */
export const SHAPE_ROWS: Readonly<Record<string, OnnxRow>> = {
  Reshape: reshape,
  Transpose: transpose,
  ConcatV2: concat,
  Pack: pack,
  Unpack: unpack,
  Slice: slice,
  GatherV2: gather,
  Tile: tile("Tile"),
  BroadcastTo: tile("Expand"),
  Shape: shape,
  SelectV2: choose,
};
