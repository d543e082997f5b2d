/** @file TensorFlow's protocol buffers of graphs (graph.proto, attr_value.proto). */
import { type TensorData, TF_DTYPE } from "../../ir/dtype.ts";
import type { Attr } from "../../ir/program.ts";
import { bytesOf } from "../bytes.ts";
import {
  entry,
  fixed32,
  message,
  sized,
  text,
  varint,
  type Writer,
} from "../../protobuf.ts";
import type { NamedNode } from "./nodes.ts";

/** Version of the graph's format; any TensorFlow since 2.0 reads it. */
const PRODUCER = 1087;

/** `TensorShapeProto`. */
export function shapeProto(writer: Writer, shape: readonly number[]): void {
  for (const side of shape) {
    message(writer, 2, (w) => w.uint32(varint(1)).int64(side));
  }
}

function tensorProto(writer: Writer, value: TensorData): void {
  writer.uint32(varint(1)).int32(TF_DTYPE[value.dtype]);
  message(writer, 2, (w) => shapeProto(w, value.shape));
  writer.uint32(sized(4)).bytes(bytesOf(value));
}

/** `AttrValue`, by kind. */
const ATTRS: {
  readonly [K in Attr["kind"]]: (
    writer: Writer,
    value: Extract<Attr, { kind: K }>["value"],
  ) => unknown;
} = {
  string: (w, value) => text(w, 2, value),
  int: (w, value) => w.uint32(varint(3)).int64(value),
  float: (w, value) => w.uint32(fixed32(4)).float(value),
  bool: (w, value) => w.uint32(varint(5)).bool(value),
  type: (w, value) => w.uint32(varint(6)).int32(TF_DTYPE[value]),
  shape: (w, value) => message(w, 7, (inner) => shapeProto(inner, value)),
  tensor: (w, value) => message(w, 8, (inner) => tensorProto(inner, value)),
  ints: (w, values) =>
    message(w, 1, (list) => {
      for (const value of values) list.uint32(varint(3)).int64(value);
    }),
  floats: (w, values) =>
    message(w, 1, (list) => {
      for (const value of values) list.uint32(fixed32(4)).float(value);
    }),
};

function nodeDef(writer: Writer, { name, op, inputs, attrs }: NamedNode): void {
  text(writer, 1, name);
  text(writer, 2, op);
  for (const input of inputs) text(writer, 3, input);
  for (const [key, attr] of Object.entries(attrs)) {
    entry(writer, 5, key, (w) => ATTRS[attr.kind](w, attr.value as never));
  }
}

/** `GraphDef`. */
export function graphDef(writer: Writer, nodes: readonly NamedNode[]): void {
  for (const node of nodes) message(writer, 1, (w) => nodeDef(w, node));
  message(writer, 4, (w) => w.uint32(varint(1)).int32(PRODUCER));
}
