/** @file A graph as TensorFlow.js reads it: protocol buffers in JSON. */
import type { DType } from "../../ir/dtype.ts";
import type { Attr } from "../../ir/program.ts";
import { FEATURES, IMAGES } from "../channels_last.ts";
import type { Portable } from "../portable.ts";
import { type NamedNode, openShape } from "../tensorflow/nodes.ts";

type Json = Readonly<Record<string, unknown>>;

/** `DataType` by name. */
const DTYPE: Partial<Record<DType, string>> = {
  float32: "DT_FLOAT",
  float64: "DT_DOUBLE",
  int32: "DT_INT32",
  int64: "DT_INT64",
  uint8: "DT_UINT8",
  bool: "DT_BOOL",
};

const shapeJson = (shape: readonly number[]): Json => ({
  dim: shape.map((size) => ({ size: `${size}` })),
});

/** `AttrValue`, by kind: whole numbers as texts, texts in base64. */
const ATTRS: {
  readonly [K in Attr["kind"]]: (
    value: Extract<Attr, { kind: K }>["value"],
  ) => Json;
} = {
  string: (value) => ({ s: btoa(value) }),
  int: (value) => ({ i: `${value}` }),
  float: (value) => ({ f: value }),
  bool: (value) => ({ b: value }),
  type: (value) => ({ type: DTYPE[value] }),
  shape: (value) => ({ shape: shapeJson(value) }),
  // The numbers themselves are among the weights.
  tensor: ({ dtype, shape }) => ({
    tensor: { dtype: DTYPE[dtype], tensorShape: shapeJson(shape) },
  }),
  ints: (values) => ({ list: { i: values.map(String) } }),
  floats: (values) => ({ list: { f: values } }),
};

/** `GraphDef`. */
export const topologyJson = (nodes: readonly NamedNode[]): Json => ({
  node: nodes.map(({ name, op, inputs, attrs }) => ({
    name,
    op,
    input: inputs,
    attr: Object.fromEntries(
      Object.entries(attrs).map(([key, attr]) => [
        key,
        ATTRS[attr.kind](attr.value as never),
      ]),
    ),
  })),
  versions: { producer: 1087 },
});

/** `SignatureDef`. */
export const portsJson = ({ images, features }: Portable): Json => ({
  inputs: {
    [IMAGES]: {
      name: `${IMAGES}:0`,
      dtype: DTYPE.uint8,
      tensorShape: shapeJson(openShape(images)),
    },
  },
  outputs: {
    [FEATURES]: {
      name: `${FEATURES}:0`,
      dtype: DTYPE.float32,
      tensorShape: shapeJson(openShape(features)),
    },
  },
});
