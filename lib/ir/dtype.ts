/** @file Element types and the numbers that TensorFlow's C API gives them. */

/** Element type of a value in the op graph. */
export type DType =
  | "float32"
  | "float64"
  | "int32"
  | "uint8"
  | "string"
  | "complex64"
  | "int64"
  | "bool"
  | "bfloat16"
  | "resource";

/** `TF_DataType` of each {@linkcode DType}. */
export const TF_DTYPE: Readonly<Record<DType, number>> = {
  float32: 1,
  float64: 2,
  int32: 3,
  uint8: 4,
  string: 7,
  complex64: 8,
  int64: 9,
  bool: 10,
  bfloat16: 14,
  resource: 20,
};

const BY_NUMBER = new Map(
  Object.entries(TF_DTYPE).map(([name, number]) => [number, name as DType]),
);

/**
 * The element type with this `TF_DataType` number.
 *
 * @throws {RangeError} For a type that the op graph does not use.
 */
export function dtypeOf(number: number): DType {
  const dtype = BY_NUMBER.get(number);
  if (!dtype) {
    throw new RangeError(`Cannot represent TensorFlow data type ${number}`);
  }
  return dtype;
}

/** Bytes of one element; 0 for `string` and `resource`. */
export const BYTES: Readonly<Record<DType, number>> = {
  float32: 4,
  float64: 8,
  int32: 4,
  uint8: 1,
  string: 0,
  complex64: 8,
  int64: 8,
  bool: 1,
  bfloat16: 2,
  resource: 0,
};

/** Host storage of tensor elements (`bfloat16` as its raw 16 bits). */
export type HostArray =
  | Float32Array
  | Float64Array
  | Int32Array
  | Uint8Array
  | Uint16Array
  | BigInt64Array;

/** A tensor in host memory, row-major. */
export interface TensorData {
  /** Type of the elements. */
  readonly dtype: DType;
  /** Lengths of the dimensions. */
  readonly shape: readonly number[];
  /** The elements, row-major. */
  readonly data: HostArray;
}

/** Byte strings, such as files: what a program may be fed besides {@linkcode TensorData}. */
export interface StringData {
  /** Type of the elements. */
  readonly dtype: "string";
  /** Lengths of the dimensions. */
  readonly shape: readonly number[];
  /** The elements, row-major. */
  readonly data: readonly Uint8Array<ArrayBuffer>[];
}

const VIEWS: Partial<Record<DType, (bytes: ArrayBuffer) => HostArray>> = {
  float32: (b) => new Float32Array(b),
  float64: (b) => new Float64Array(b),
  int32: (b) => new Int32Array(b),
  uint8: (b) => new Uint8Array(b),
  bool: (b) => new Uint8Array(b),
  int64: (b) => new BigInt64Array(b),
  bfloat16: (b) => new Uint16Array(b),
};

/**
 * Typed view of raw bytes.
 *
 * @throws {TypeError} For element types without host storage.
 */
export function hostArray(dtype: DType, bytes: ArrayBuffer): HostArray {
  const view = VIEWS[dtype];
  if (!view) throw new TypeError(`Cannot read "${dtype}" tensors on the host`);
  return view(bytes);
}

/** Number of elements in a shape; 1 for a scalar. */
export function sizeOf(shape: readonly number[]): number {
  return shape.reduce((product, side) => product * side, 1);
}
