/** @file Numbers of other precisions as float32. */
import type { DType, HostArray, TensorData } from "../ir/dtype.ts";

/** The upper half of a float32. */
function fromBfloat16(data: HostArray): Float32Array<ArrayBuffer> {
  const bits = Uint32Array.from(data as Uint16Array, (half) => half << 16);
  return new Float32Array(bits.buffer);
}

const AS_FLOAT32: Partial<
  Record<DType, (data: HostArray) => Float32Array>
> = {
  float32: (data) => data as Float32Array,
  float64: (data) => Float32Array.from(data as Float64Array),
  bfloat16: fromBfloat16,
};

/** The same numbers in float32; none where they are whole ones. */
export function asFloat32(
  { dtype, shape, data }: TensorData,
): TensorData | undefined {
  const convert = AS_FLOAT32[dtype];
  return convert && { dtype: "float32", shape, data: convert(data) };
}
