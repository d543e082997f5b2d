/** @file Constants with a row for each image. */
import type { Builder } from "../compile/passes/rewrite.ts";
import type { HostArray, TensorData } from "../ir/dtype.ts";
import type { Node, Value } from "../ir/program.ts";
import { int, type } from "../ops/attrs.ts";
import { constSpec } from "./freeze.ts";

/** The row that a constant has once for each image, in both recordings. */
export function repeated(
  a: TensorData,
  b: TensorData,
): TensorData | undefined {
  const [count = 0, ...rest] = a.shape;
  if (count === b.shape[0] || `${rest}` !== `${b.shape.slice(1)}`) {
    return undefined;
  }
  const size = a.data.length / count;
  const row = a.data.slice(0, size) as HostArray;
  const alike = (all: HostArray) =>
    all.every((value, i) => value === row[i % size]);
  if (!alike(a.data) || !alike(b.data)) return undefined;
  return { ...a, shape: [1, ...rest], data: row };
}

/** A row as often as there are images. */
export function broadcast(
  builder: Builder,
  { row, scope, images, shape }: {
    readonly row: TensorData;
    readonly scope: string;
    readonly images: Value;
    readonly shape: readonly number[];
  },
): readonly Value[] {
  const ints = (...values: number[]): Value => {
    const data = Int32Array.from(values);
    const value: TensorData = { dtype: "int32", shape: [data.length], data };
    return builder.add(constSpec(value, scope), [value]).outputs[0] as Value;
  };
  const T = type("int32");
  const add = (
    op: string,
    inputs: Value[],
    attrs: Node["attrs"],
    of: readonly number[],
  ): Value =>
    builder.add({ op, inputs, attrs, scope }, [{ shape: of, dtype: "int32" }])
      .outputs[0] as Value;
  const sizes = add("Shape", [images], {
    T: type(images.dtype),
    out_type: T,
  }, [images.shape.length]);
  const count = add("Slice", [sizes, ints(0), ints(1)], {
    T,
    Index: T,
  }, [1]);
  const axis: TensorData = {
    dtype: "int32",
    shape: [],
    data: Int32Array.of(0),
  };
  const zero = builder.add(constSpec(axis, scope), [axis]).outputs[0] as Value;
  const wanted = add(
    "ConcatV2",
    [count, ints(...row.shape.slice(1)), zero],
    { T, Tidx: T, N: int(2) },
    [shape.length],
  );
  const one = builder.add(constSpec(row, scope), [row]).outputs[0] as Value;
  return builder.add({
    op: "BroadcastTo",
    inputs: [one, wanted],
    attrs: { T: type(row.dtype), Tidx: T },
    scope,
  }, [{ shape, dtype: row.dtype }]).outputs;
}
