/** @file ONNX's protocol buffers, as far as models need them (onnx.proto3). */
import { bytesOf } from "../bytes.ts";
import type { DType, TensorData } from "../../ir/dtype.ts";
import type { Size } from "../portable.ts";
import {
  fixed32,
  message,
  newWriter,
  sized,
  varint,
  type Writer,
} from "../../protobuf.ts";

/** Value of a node's attribute. */
export type OnnxAttr =
  | { readonly kind: "int"; readonly value: number }
  | { readonly kind: "float"; readonly value: number }
  | { readonly kind: "ints"; readonly value: readonly number[] }
  | { readonly kind: "string"; readonly value: string };

/** One op. */
export interface OnnxNode {
  readonly op: string;
  readonly name: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attrs: Readonly<Record<string, OnnxAttr>>;
}

/** What goes in, or comes out. */
export interface OnnxPort {
  readonly name: string;
  readonly dtype: DType;
  readonly shape: readonly Size[];
}

/** A graph with its weights. */
export interface OnnxModel {
  readonly name: string;
  readonly nodes: readonly OnnxNode[];
  /** By name. */
  readonly weights: ReadonlyMap<string, TensorData>;
  readonly inputs: readonly OnnxPort[];
  readonly outputs: readonly OnnxPort[];
  /** Texts that say where the model comes from. */
  readonly metadata: Readonly<Record<string, string>>;
}

/** Version of the format, and of the ops. */
export const [IR_VERSION, OPSET] = [10, 21];

/** `TensorProto.DataType`. */
export const ONNX_DTYPE: Partial<Record<DType, number>> = {
  float32: 1,
  uint8: 2,
  int32: 6,
  int64: 7,
  bool: 9,
  float64: 11,
};

function dtype(type: DType): number {
  const number = ONNX_DTYPE[type];
  if (!number) throw new TypeError(`Cannot store "${type}" in ONNX`);
  return number;
}

/** How each kind of attribute is written: its value, and `AttributeProto.type`. */
const ATTRS: {
  readonly [K in OnnxAttr["kind"]]: readonly [
    type: number,
    write: (
      writer: Writer,
      value: Extract<OnnxAttr, { kind: K }>["value"],
    ) => unknown,
  ];
} = {
  float: [1, (w, value) => w.uint32(fixed32(2)).float(value)],
  int: [2, (w, value) => w.uint32(varint(3)).int64(value)],
  string: [3, (w, value) => w.uint32(sized(4)).string(value)],
  ints: [7, (w, values) => {
    for (const value of values) w.uint32(varint(8)).int64(value);
  }],
};

function attribute(writer: Writer, name: string, attr: OnnxAttr): void {
  const [type, write] = ATTRS[attr.kind];
  writer.uint32(sized(1)).string(name);
  write(writer, attr.value as never);
  writer.uint32(varint(20)).int32(type);
}

function node(writer: Writer, { op, name, inputs, outputs, attrs }: OnnxNode) {
  for (const input of inputs) writer.uint32(sized(1)).string(input);
  for (const output of outputs) writer.uint32(sized(2)).string(output);
  writer.uint32(sized(3)).string(name);
  writer.uint32(sized(4)).string(op);
  for (const [key, attr] of Object.entries(attrs)) {
    message(writer, 5, (w) => attribute(w, key, attr));
  }
}

function tensor(writer: Writer, name: string, value: TensorData): void {
  for (const side of value.shape) writer.uint32(varint(1)).int64(side);
  writer.uint32(varint(2)).int32(dtype(value.dtype));
  writer.uint32(sized(8)).string(name);
  writer.uint32(sized(9)).bytes(bytesOf(value));
}

function port(writer: Writer, { name, dtype: type, shape }: OnnxPort): void {
  const sizes = (w: Writer): void => {
    for (const size of shape) {
      message(
        w,
        1,
        (dim) =>
          typeof size === "number"
            ? dim.uint32(varint(1)).int64(size)
            : dim.uint32(sized(2)).string(size),
      );
    }
  };
  writer.uint32(sized(1)).string(name);
  message(writer, 2, (w) =>
    message(w, 1, (tensorType) => {
      tensorType.uint32(varint(1)).int32(dtype(type));
      message(tensorType, 2, sizes);
    }));
}

function graph(writer: Writer, model: OnnxModel): void {
  for (const one of model.nodes) message(writer, 1, (w) => node(w, one));
  writer.uint32(sized(2)).string(model.name);
  for (const [name, value] of model.weights) {
    message(writer, 5, (w) => tensor(w, name, value));
  }
  for (const one of model.inputs) message(writer, 11, (w) => port(w, one));
  for (const one of model.outputs) message(writer, 12, (w) => port(w, one));
}

/** Bytes of a `ModelProto`. */
export function encodeOnnx(model: OnnxModel): Uint8Array {
  const writer = newWriter();
  writer.uint32(varint(1)).int64(IR_VERSION);
  writer.uint32(sized(2)).string("stopgrad");
  message(writer, 7, (w) => graph(w, model));
  message(writer, 8, (w) => {
    w.uint32(sized(1)).string("");
    w.uint32(varint(2)).int64(OPSET);
  });
  for (const [key, value] of Object.entries(model.metadata)) {
    message(writer, 14, (w) => {
      w.uint32(sized(1)).string(key);
      w.uint32(sized(2)).string(value);
    });
  }
  return writer.finish();
}
