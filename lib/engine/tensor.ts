/** @file Tensors between host memory and libtensorflow. */
import {
  dtypeOf,
  hostArray,
  type StringData,
  type TensorData,
  TF_DTYPE,
} from "../ir/dtype.ts";
import { type Api, EngineError, type Pointer } from "./ffi.ts";

/** Copies a host tensor into one that libtensorflow owns; delete it after use. */
export function toTensor(api: Api, tensor: TensorData): Pointer {
  const { dtype, shape, data } = tensor;
  const pointer = api.c.TF_AllocateTensor(
    TF_DTYPE[dtype],
    BigInt64Array.from(shape, BigInt),
    shape.length,
    BigInt(data.byteLength),
  );
  if (!pointer) {
    throw new EngineError(
      `Cannot allocate ${dtype}[${shape}]: ${data.byteLength} bytes`,
    );
  }
  const target = api.c.TF_TensorData(pointer);
  if (target && data.byteLength > 0) {
    new Uint8Array(
      Deno.UnsafePointerView.getArrayBuffer(target, data.byteLength),
    ).set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  }
  return pointer;
}

/** Bytes of a `TF_TString`. */
const STRING_BYTES = 24;
/** `TF_TSTR_VIEW`, in the lowest bits of a string's length. */
const VIEW = 3n;

/**
 * A tensor of strings that are not copied: their bytes must be there for as
 * long as it is. Each is a `TF_TString_View`, a length and a pointer.
 */
export function viewStrings(
  api: Api,
  { shape, data }: StringData,
): Pointer {
  const bytes = STRING_BYTES * data.length;
  const pointer = api.c.TF_AllocateTensor(
    TF_DTYPE.string,
    BigInt64Array.from(shape, BigInt),
    shape.length,
    BigInt(bytes),
  );
  const target = pointer && api.c.TF_TensorData(pointer);
  if (!target) throw new EngineError(`Cannot allocate string[${shape}]`);
  const view = new DataView(
    Deno.UnsafePointerView.getArrayBuffer(target, bytes),
  );
  data.forEach((text, i) => {
    const at = STRING_BYTES * i;
    const address = Deno.UnsafePointer.value(Deno.UnsafePointer.of(text));
    view.setBigUint64(at, BigInt(text.length) << 2n | VIEW, true);
    view.setBigUint64(at + 8, BigInt(address), true);
    view.setBigUint64(at + 16, 0n, true);
  });
  return pointer;
}

/** Lengths of the axes. */
const shapeOf = ({ c }: Api, pointer: Pointer): number[] =>
  Array.from(
    { length: c.TF_NumDims(pointer) },
    (_, axis) => Number(c.TF_Dim(pointer, axis)),
  );

/** The bytes of a tensor, where they are. */
function bytesOf({ c }: Api, pointer: Pointer): ArrayBuffer {
  const bytes = Number(c.TF_TensorByteSize(pointer));
  const source = c.TF_TensorData(pointer);
  return source && bytes > 0
    ? Deno.UnsafePointerView.getArrayBuffer(source, bytes)
    : new ArrayBuffer(0);
}

/** Copies a tensor of libtensorflow into host memory and deletes it. */
export function takeTensor(api: Api, pointer: Pointer): TensorData {
  const dtype = dtypeOf(api.c.TF_TensorType(pointer));
  const shape = shapeOf(api, pointer);
  const copy = bytesOf(api, pointer).slice(0);
  api.c.TF_DeleteTensor(pointer);
  return { dtype, shape, data: hostArray(dtype, copy) };
}

/** A tensor of libtensorflow whose values are read where they are, until it is given back. */
export class BorrowedTensor {
  readonly #api: Api;
  readonly #pointer: Pointer;

  constructor(api: Api, pointer: Pointer) {
    this.#api = api;
    this.#pointer = pointer;
  }

  /** Lengths of the axes. */
  get shape(): number[] {
    return shapeOf(this.#api, this.#pointer);
  }

  /** Its type, shape and values, which are no copy. */
  get data(): TensorData {
    const dtype = dtypeOf(this.#api.c.TF_TensorType(this.#pointer));
    const { shape } = this;
    const data = hostArray(dtype, bytesOf(this.#api, this.#pointer));
    return { dtype, shape, data };
  }

  /** Its values as bytes, which are no copy. */
  get bytes(): Uint8Array<ArrayBuffer> {
    return new Uint8Array(bytesOf(this.#api, this.#pointer));
  }

  /** Gives it back. */
  [Symbol.dispose](): void {
    this.#api.c.TF_DeleteTensor(this.#pointer);
  }
}
