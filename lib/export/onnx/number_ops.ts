/** @file ONNX nodes of TensorFlow's ops on single numbers, sums and products. */
import type { Node, Value } from "../../ir/program.ts";
import { attrOf, int, int64s, ints, numbersOf } from "./builder.ts";
import { ONNX_DTYPE } from "./messages.ts";
import type { OnnxBuilder } from "./builder.ts";
import type { OnnxRow } from "./row.ts";

/** ONNX ops after one another, of the same number. */
const each = (...ops: readonly string[]): OnnxRow => (node, to) => {
  const [x] = node.inputs as [Value];
  const planes = to.hasPlanes(x);
  const name = ops.reduce(
    (input, op) => to.emit(op, [input], {}, node.scope),
    planes ? to.planes(x) : to.name(x),
  );
  if (planes) to.givePlanes(node.outputs[0], name);
  else to.give(node.outputs[0], name);
};

/** Whether an op on several values is done on their planes. */
function onPlanes({ inputs, outputs }: Node, to: OnnxBuilder): boolean {
  const shape = `${outputs[0]?.shape}`;
  return inputs.some((value) => to.hasPlanes(value)) &&
    inputs.every((value) => `${value.shape}` === shape);
}

/** An op on pairs of numbers, which broadcasts. */
const pairs = (op: string): OnnxRow => (node, to) => {
  const planes = onPlanes(node, to);
  const inputs = node.inputs.map((value) =>
    planes ? to.planes(value) : to.name(value)
  );
  const name = to.emit(op, inputs, {}, node.scope);
  if (planes) to.givePlanes(node.outputs[0], name);
  else to.give(node.outputs[0], name);
};

const square: OnnxRow = (node, to) => {
  const x = to.name(node.inputs[0] as Value);
  to.give(node.outputs[0], to.emit("Mul", [x, x], {}, node.scope));
};

const squaredDifference: OnnxRow = (node, to) => {
  const inputs = node.inputs.map((value) => to.name(value));
  const gap = to.emit("Sub", inputs, {}, node.scope);
  to.give(node.outputs[0], to.emit("Mul", [gap, gap], {}, node.scope));
};

const cast: OnnxRow = (node, to) => {
  const [x] = node.inputs as [Value];
  const wanted = ONNX_DTYPE[attrOf(node, "DstT", "type")] as number;
  const name = to.emit("Cast", [to.name(x)], { to: int(wanted) }, node.scope);
  to.give(node.outputs[0], name);
};

/** Over some axes; over rows and columns of planes where they are at hand. */
const over = (op: string): OnnxRow => (node, to) => {
  const [x] = node.inputs as [Value];
  const rank = x.shape.length;
  const axes = numbersOf(node, 1).map((axis) => axis < 0 ? axis + rank : axis);
  const keep = attrOf(node, "keep_dims", "bool");
  const planes = !keep && to.hasPlanes(x) && `${axes}` === "1,2";
  const name = to.emit(
    op,
    [
      planes ? to.planes(x) : to.name(x),
      to.weight(int64s(planes ? [2, 3] : axes), node.scope),
    ],
    { keepdims: int(keep ? 1 : 0) },
    node.scope,
  );
  to.give(node.outputs[0], name);
};

/** The last two dimensions in the other order. */
function turned(
  { shape, node }: Value,
  name: string,
  to: OnnxBuilder,
): string {
  const axes = shape.map((_, axis) => axis);
  const [a, b] = [axes.pop() as number, axes.pop() as number];
  return to.emit(
    "Transpose",
    [name],
    { perm: ints([...axes, a, b]) },
    node.scope,
  );
}

const product = (first: string, second: string): OnnxRow => (node, to) => {
  const inputs = [first, second].map((turn, i) => {
    const value = node.inputs[i] as Value;
    const name = to.name(value);
    return attrOf(node, turn, "bool") ? turned(value, name, to) : name;
  });
  to.give(node.outputs[0], to.emit("MatMul", inputs, {}, node.scope));
};

const softmax = (op: string): OnnxRow => (node, to) => {
  const x = to.name(node.inputs[0] as Value);
  to.give(node.outputs[0], to.emit(op, [x], { axis: int(-1) }, node.scope));
};

/** Rows of the table for numbers. */
export const NUMBER_ROWS: Readonly<Record<string, OnnxRow>> = {
  Abs: each("Abs"),
  Elu: each("Elu"),
  Erf: each("Erf"),
  Exp: each("Exp"),
  Identity: each("Identity"),
  Log: each("Log"),
  Neg: each("Neg"),
  Reciprocal: each("Reciprocal"),
  Relu: each("Relu"),
  Rsqrt: each("Sqrt", "Reciprocal"),
  Sigmoid: each("Sigmoid"),
  Softplus: each("Softplus"),
  Sqrt: each("Sqrt"),
  Tanh: each("Tanh"),
  Add: pairs("Add"),
  AddV2: pairs("Add"),
  BiasAdd: pairs("Add"),
  Sub: pairs("Sub"),
  Mul: pairs("Mul"),
  RealDiv: pairs("Div"),
  Maximum: pairs("Max"),
  Minimum: pairs("Min"),
  Pow: pairs("Pow"),
  Square: square,
  SquaredDifference: squaredDifference,
  Cast: cast,
  Mean: over("ReduceMean"),
  Sum: over("ReduceSum"),
  Max: over("ReduceMax"),
  Min: over("ReduceMin"),
  MatMul: product("transpose_a", "transpose_b"),
  BatchMatMul: product("adj_x", "adj_y"),
  BatchMatMulV2: product("adj_x", "adj_y"),
  Softmax: softmax("Softmax"),
  LogSoftmax: softmax("LogSoftmax"),
};
