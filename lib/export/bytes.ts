/** @file Bytes of tensors. */
import type { TensorData } from "../ir/dtype.ts";

/** Little-endian, row-major. */
export const bytesOf = ({ data }: TensorData): Uint8Array<ArrayBuffer> =>
  new Uint8Array(
    data.buffer as ArrayBuffer,
    data.byteOffset,
    data.byteLength,
  );
