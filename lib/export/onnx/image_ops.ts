/** @file ONNX nodes of TensorFlow's ops on images. */
import { UserError } from "../../errors.ts";
import type { Node, Value } from "../../ir/program.ts";
import { permuted } from "../../weights/permute.ts";
import { attrOf, float, ints, known, numbersOf, string } from "./builder.ts";
import { int64s, type OnnxBuilder } from "./builder.ts";
import type { OnnxAttr } from "./messages.ts";
import type { OnnxRow } from "./row.ts";

/** The two of four numbers that are of rows and columns. */
const inner = (all: readonly number[]): number[] => all.slice(1, 3);

/** Sides of kernels, as TensorFlow has them and as ONNX wants them. */
const KERNEL_ORDER = [3, 2, 0, 1];

/** Of a kernel for each channel, `[k, k, channels, 1]`. */
const DEPTHWISE_ORDER = [2, 3, 0, 1];

function checkLayout(node: Node): void {
  if (attrOf(node, "data_format", "string") === "NHWC") return;
  throw new UserError(
    `Cannot export ${node.op} in "${node.scope}": its channels come first.`,
  );
}

/** Padding of windows: of rows and columns before, then after. */
function padding(node: Node, window: readonly number[]): OnnxAttrs {
  const mode = attrOf(node, "padding", "string");
  const strides = inner(attrOf(node, "strides", "ints"));
  if (mode === "VALID") return {};
  if (mode === "EXPLICIT") {
    const [, , top, bottom, left, right] = attrOf(
      node,
      "explicit_paddings",
      "ints",
    ) as [number, number, number, number, number, number];
    return { pads: ints([top, left, bottom, right]) };
  }
  const plain = strides.every((stride) => stride === 1) &&
    window.every((side) => side % 2 === 1);
  if (!plain) return { auto_pad: string("SAME_UPPER") };
  const half = window.map((side) => (side - 1) / 2);
  return { pads: ints([...half, ...half]) };
}

type OnnxAttrs = Readonly<Record<string, OnnxAttr>>;

const conv = (order: readonly number[]): OnnxRow => (node, to) => {
  checkLayout(node);
  const kernel = known(node, 1);
  const theirs = permuted(kernel, order);
  const weights = to.weight(theirs, node.scope);
  const [image] = node.inputs as [Value];
  const groups = (image.shape[3] as number) / (theirs.shape[1] as number);
  const name = to.emit("Conv", [to.planes(image), weights], {
    ...padding(node, kernel.shape.slice(0, 2)),
    strides: ints(inner(attrOf(node, "strides", "ints"))),
    dilations: ints(inner(attrOf(node, "dilations", "ints"))),
    ...(groups === 1 ? {} : { group: { kind: "int", value: groups } }),
  }, node.scope);
  to.givePlanes(node.outputs[0], name);
};

const batchNorm: OnnxRow = (node, to) => {
  checkLayout(node);
  if (attrOf(node, "is_training", "bool")) {
    throw new UserError(
      `Cannot export "${node.scope}": it normalises by the batch.`,
    );
  }
  const [x, ...rest] = node.inputs as [Value, ...Value[]];
  const name = to.emit(
    "BatchNormalization",
    [to.planes(x), ...rest.map((value) => to.name(value))],
    { epsilon: float(attrOf(node, "epsilon", "float")) },
    node.scope,
  );
  to.givePlanes(node.outputs[0], name);
};

const pool = (op: string): OnnxRow => (node, to) => {
  checkLayout(node);
  const window = inner(attrOf(node, "ksize", "ints"));
  const name = to.emit(op, [to.planes(node.inputs[0] as Value)], {
    ...padding(node, window),
    kernel_shape: ints(window),
    strides: ints(inner(attrOf(node, "strides", "ints"))),
  }, node.scope);
  to.givePlanes(node.outputs[0], name);
};

/** Numbers around each side, before and after; of planes where they are. */
const pad: OnnxRow = (node, to: OnnxBuilder) => {
  const [x] = node.inputs as [Value];
  const around = numbersOf(node, 1);
  const sides = x.shape.map((_, axis) => around.slice(2 * axis, 2 * axis + 2));
  const planes = to.hasPlanes(x);
  const order = planes ? [0, 3, 1, 2] : sides.map((_, axis) => axis);
  const pads = [0, 1].flatMap((end) =>
    order.map((axis) => sides[axis]?.[end] ?? 0)
  );
  const value = node.op === "PadV2" ? [to.name(node.inputs[2] as Value)] : [];
  const name = to.emit(
    "Pad",
    [
      planes ? to.planes(x) : to.name(x),
      to.weight(int64s(pads), node.scope),
      ...value,
    ],
    { mode: string("constant") },
    node.scope,
  );
  if (planes) to.givePlanes(node.outputs[0], name);
  else to.give(node.outputs[0], name);
};

/** Rows of the table for images. */
export const IMAGE_ROWS: Readonly<Record<string, OnnxRow>> = {
  Conv2D: conv(KERNEL_ORDER),
  DepthwiseConv2dNative: conv(DEPTHWISE_ORDER),
  FusedBatchNormV3: batchNorm,
  MaxPool: pool("MaxPool"),
  AvgPool: pool("AveragePool"),
  Pad: pad,
  PadV2: pad,
};
