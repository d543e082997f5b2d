/** @file Constants with their dimensions in another order. */
import { type HostArray, sizeOf, type TensorData } from "../ir/dtype.ts";

/**
 * A tensor whose dimension `i` is dimension `order[i]` of `value`.
 */
export function permuted(
  value: TensorData,
  order: readonly number[],
): TensorData {
  const shape = order.map((axis) => value.shape[axis] as number);
  const strides = value.shape.map((_, axis) =>
    sizeOf(value.shape.slice(axis + 1))
  );
  const steps = order.map((axis) => strides[axis] as number);
  const data = value.data.slice() as HostArray;
  const at = shape.map(() => 0);
  let from = 0;
  for (let to = 0; to < data.length; to++) {
    data[to] = value.data[from] as never;
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      from += steps[axis] as number;
      at[axis] = (at[axis] as number) + 1;
      if ((at[axis] as number) < (shape[axis] as number)) break;
      from -= (steps[axis] as number) * (shape[axis] as number);
      at[axis] = 0;
    }
  }
  return { ...value, shape, data };
}
