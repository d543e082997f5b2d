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

/** Copies a tensor of libtensorflow into host memory and deletes it. */
export function takeTensor(api: Api, pointer: Pointer): TensorData {
  const { c } = api;
  const dtype = dtypeOf(c.TF_TensorType(pointer));
  const shape = Array.from(
    { length: c.TF_NumDims(pointer) },
    (_, axis) => Number(c.TF_Dim(pointer, axis)),
  );
  const bytes = Number(c.TF_TensorByteSize(pointer));
  const source = c.TF_TensorData(pointer);
  const copy = source && bytes > 0
    ? Deno.UnsafePointerView.getArrayBuffer(source, bytes).slice(0)
    : new ArrayBuffer(0);
  c.TF_DeleteTensor(pointer);
  return { dtype, shape, data: hostArray(dtype, copy) };
}
