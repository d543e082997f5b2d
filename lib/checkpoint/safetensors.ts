/**
 * @file The safetensors format: a JSON header, then raw little-endian values
 * (https://huggingface.co/docs/safetensors). Nothing in a file is evaluated.
 */
import {
  BYTES,
  type DType,
  hostArray,
  sizeOf,
  type TensorData,
} from "../ir/dtype.ts";

const NAMES: Partial<Record<DType, string>> = {
  float32: "F32",
  float64: "F64",
  int32: "I32",
  int64: "I64",
  uint8: "U8",
  bool: "BOOL",
  bfloat16: "BF16",
};

const DTYPES = new Map(
  Object.entries(NAMES).map(([dtype, name]) => [name, dtype as DType]),
);

/** The header is padded so that the values start on a multiple of this. */
const ALIGNMENT = 8;
const LENGTH_BYTES = 8;
const MOST_HEADER_BYTES = 100_000_000;

/** What a safetensors file holds. */
export interface Safetensors {
  readonly tensors: Readonly<Record<string, TensorData>>;
  readonly metadata: Readonly<Record<string, string>>;
}

/** What a header says of a tensor. */
type Described = Pick<TensorData, "dtype" | "shape">;

/** What stands before the values of a file, which follow in this order. */
export function safetensorsHeader(
  tensors: Readonly<Record<string, Described>>,
  metadata: Safetensors["metadata"],
): Uint8Array<ArrayBuffer> {
  const header: Record<string, unknown> = { __metadata__: metadata };
  let offset = 0;
  for (const [name, { dtype, shape }] of Object.entries(tensors)) {
    if (!NAMES[dtype]) throw new TypeError(`Cannot store "${dtype}" tensors`);
    const end = offset + sizeOf(shape) * BYTES[dtype];
    header[name] = { dtype: NAMES[dtype], shape, data_offsets: [offset, end] };
    offset = end;
  }
  const text = new TextEncoder().encode(JSON.stringify(header));
  const length = Math.ceil(text.length / ALIGNMENT) * ALIGNMENT;
  const bytes = new Uint8Array(LENGTH_BYTES + length);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(length), true);
  bytes.fill(0x20, LENGTH_BYTES);
  bytes.set(text, LENGTH_BYTES);
  return bytes;
}

/** Bytes of a safetensors file. */
export function encodeSafetensors(
  { tensors, metadata }: Safetensors,
): Uint8Array<ArrayBuffer> {
  const header = safetensorsHeader(tensors, metadata);
  const all = Object.values(tensors);
  const size = all.reduce((sum, { data }) => sum + data.byteLength, 0);
  const bytes = new Uint8Array(header.length + size);
  bytes.set(header);
  let at = header.length;
  for (const { data } of all) {
    bytes.set(
      new Uint8Array(data.buffer, data.byteOffset, data.byteLength),
      at,
    );
    at += data.byteLength;
  }
  return bytes;
}

interface Entry {
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly data_offsets: readonly [number, number];
}

function isEntry(value: unknown): value is Entry {
  const entry = value as Partial<Entry> | null;
  return typeof entry === "object" && entry !== null &&
    typeof entry.dtype === "string" && Array.isArray(entry.shape) &&
    entry.shape.every((side) => Number.isSafeInteger(side) && side >= 0) &&
    Array.isArray(entry.data_offsets) && entry.data_offsets.length === 2 &&
    entry.data_offsets.every(Number.isSafeInteger);
}

/**
 * Reads a safetensors file.
 *
 * @throws {Error} Saying in what way it is not one.
 */
export function decodeSafetensors(bytes: Uint8Array): Safetensors {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < LENGTH_BYTES) {
    throw new Error(`it has ${bytes.length} bytes, too few for a header`);
  }
  const headerBytes = Number(view.getBigUint64(0, true));
  const start = LENGTH_BYTES + headerBytes;
  if (headerBytes > MOST_HEADER_BYTES || start > bytes.length) {
    throw new Error(
      `its header claims ${headerBytes} bytes, the file has ${bytes.length}`,
    );
  }
  const header = parseHeader(bytes.subarray(LENGTH_BYTES, start));
  const { __metadata__: metadata = {}, ...entries } = header;
  const tensors: [string, TensorData][] = [];
  for (const [name, entry] of Object.entries(entries)) {
    if (!isEntry(entry)) throw new Error(`its entry "${name}" is malformed`);
    const dtype = DTYPES.get(entry.dtype);
    if (!dtype) throw new Error(`"${name}" has the type "${entry.dtype}"`);
    const [from, to] = entry.data_offsets;
    const expected = sizeOf(entry.shape) * BYTES[dtype];
    if (from < 0 || to - from !== expected || start + to > bytes.length) {
      throw new Error(
        `"${name}" needs ${expected} bytes at ${
          start + from
        }, the file has ${bytes.length}`,
      );
    }
    const values = bytes.slice(start + from, start + to);
    const data = hostArray(dtype, values.buffer);
    tensors.push([name, { dtype, shape: entry.shape, data }]);
  }
  // So "__proto__" is a name like any other.
  return { tensors: Object.fromEntries(tensors), metadata: texts(metadata) };
}

/** The entries of a map that are texts, as the format wants all to be. */
function texts(value: unknown): Record<string, string> {
  if (typeof value !== "object" || value === null) return {};
  return Object.fromEntries(
    Object.entries(value).filter(([, text]) => typeof text === "string"),
  );
}

function parseHeader(bytes: Uint8Array): Record<string, unknown> {
  try {
    const header: unknown = JSON.parse(new TextDecoder().decode(bytes));
    if (typeof header === "object" && header !== null) {
      return header as Record<string, unknown>;
    }
  } catch {
    // Reported below, as any header that is not an object.
  }
  throw new Error("its header is not a JSON object");
}
