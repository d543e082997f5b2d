/** @file How each kind of attribute is set, on a graph op and on an eager op. */
import { TF_DTYPE } from "../ir/dtype.ts";
import type { Attr, Attrs } from "../ir/program.ts";
import { type Api, cString, type Pointer } from "./ffi.ts";
import { toTensor } from "./tensor.ts";

type Kind = Attr["kind"];
type Setter<K extends Kind> = (
  api: Api,
  op: Pointer,
  name: Uint8Array<ArrayBuffer>,
  value: Extract<Attr, { kind: K }>["value"],
) => void;
type Setters = { readonly [K in Kind]: Setter<K> };

const text = new TextEncoder();
const int64s = (values: readonly number[]): BigInt64Array<ArrayBuffer> =>
  BigInt64Array.from(values, BigInt);

/** Setters for an op of a graph under construction. */
export const GRAPH_ATTRS: Setters = {
  type: ({ c }, op, name, value) => c.TF_SetAttrType(op, name, TF_DTYPE[value]),
  int: ({ c }, op, name, value) => c.TF_SetAttrInt(op, name, BigInt(value)),
  ints: ({ c }, op, name, value) =>
    c.TF_SetAttrIntList(op, name, int64s(value), value.length),
  float: ({ c }, op, name, value) => c.TF_SetAttrFloat(op, name, value),
  floats: ({ c }, op, name, value) =>
    c.TF_SetAttrFloatList(op, name, Float32Array.from(value), value.length),
  bool: ({ c }, op, name, value) => c.TF_SetAttrBool(op, name, value ? 1 : 0),
  string: ({ c }, op, name, value) => {
    const bytes = text.encode(value);
    c.TF_SetAttrString(op, name, bytes, BigInt(bytes.length));
  },
  shape: ({ c }, op, name, value) =>
    c.TF_SetAttrShape(op, name, int64s(value), value.length),
  tensor: (api, op, name, value) => {
    const tensor = toTensor(api, value);
    api.c.TF_SetAttrTensor(op, name, tensor, api.status);
    api.c.TF_DeleteTensor(tensor);
    api.check("Cannot set a tensor attribute");
  },
};

/** Setters for an op that runs at once. */
export const EAGER_ATTRS: Setters = {
  type: ({ c }, op, name, value) =>
    c.TFE_OpSetAttrType(op, name, TF_DTYPE[value]),
  int: ({ c }, op, name, value) => c.TFE_OpSetAttrInt(op, name, BigInt(value)),
  ints: ({ c }, op, name, value) =>
    c.TFE_OpSetAttrIntList(op, name, int64s(value), value.length),
  float: ({ c }, op, name, value) => c.TFE_OpSetAttrFloat(op, name, value),
  floats: ({ c }, op, name, value) =>
    c.TFE_OpSetAttrFloatList(op, name, Float32Array.from(value), value.length),
  bool: ({ c }, op, name, value) =>
    c.TFE_OpSetAttrBool(op, name, value ? 1 : 0),
  string: ({ c }, op, name, value) => {
    const bytes = text.encode(value);
    c.TFE_OpSetAttrString(op, name, bytes, BigInt(bytes.length));
  },
  shape: (api, op, name, value) => {
    api.c.TFE_OpSetAttrShape(
      op,
      name,
      int64s(value),
      value.length,
      api.status,
    );
    api.check("Cannot set a shape attribute");
  },
  tensor: (api, op, name, value) => {
    const tensor = toTensor(api, value);
    api.c.TFE_OpSetAttrTensor(op, name, tensor, api.status);
    api.c.TF_DeleteTensor(tensor);
    api.check("Cannot set a tensor attribute");
  },
};

/** Sets all attributes of an op. */
export function setAttrs(
  api: Api,
  op: Pointer,
  attrs: Attrs,
  setters: Setters,
): void {
  for (const [name, attr] of Object.entries(attrs)) {
    // The table is exhaustive over kinds; the pair of kind and value is lost.
    const set = setters[attr.kind] as Setter<Kind>;
    set(api, op, cString(name), attr.value as never);
  }
}
