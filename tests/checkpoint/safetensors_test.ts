import assert from "@std/assert";
import {
  decodeSafetensors,
  encodeSafetensors,
  type Safetensors,
} from "../../lib/checkpoint/safetensors.ts";
import { type DType, hostArray, type TensorData } from "../../lib/ir/dtype.ts";

const PREFIX = 8;

/** A file of any header text, with so many bytes of values. */
function file(header: string, values = 0): Uint8Array<ArrayBuffer> {
  const text = new TextEncoder().encode(header);
  const bytes = new Uint8Array(PREFIX + text.length + values);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(text.length), true);
  bytes.set(text, PREFIX);
  return bytes;
}

const headerOf = (bytes: Uint8Array): string => {
  const view = new DataView(bytes.buffer);
  const length = Number(view.getBigUint64(0, true));
  return new TextDecoder().decode(bytes.subarray(PREFIX, PREFIX + length));
};

const float = (shape: number[], ...values: number[]): TensorData => ({
  dtype: "float32",
  shape,
  data: Float32Array.from(values),
});

const EVERY_DTYPE: Record<string, TensorData> = {
  float32: float([2, 2], 1.5, -0, NaN, 3e38),
  float64: {
    dtype: "float64",
    shape: [2],
    data: Float64Array.of(Math.PI, -Infinity),
  },
  int32: { dtype: "int32", shape: [], data: Int32Array.of(-(2 ** 31)) },
  int64: {
    dtype: "int64",
    shape: [1, 2],
    data: BigInt64Array.of(2n ** 62n + 1n, -1n),
  },
  uint8: { dtype: "uint8", shape: [3], data: Uint8Array.of(0, 127, 255) },
  bool: { dtype: "bool", shape: [3], data: Uint8Array.of(1, 0, 1) },
  bfloat16: { dtype: "bfloat16", shape: [1], data: Uint16Array.of(0x3fc0) },
};

Deno.test("Tensors of every type come back as they were", () => {
  const stored: Safetensors = {
    tensors: EVERY_DTYPE,
    metadata: { format: "stopgrad", step: "12" },
  };
  assert.deepEqual(decodeSafetensors(encodeSafetensors(stored)), stored);
});

Deno.test("Every type with host storage can be stored, and no other", () => {
  const types: DType[] = [
    "float32",
    "float64",
    "int32",
    "uint8",
    "string",
    "complex64",
    "int64",
    "bool",
    "bfloat16",
    "resource",
  ];
  for (const dtype of types) {
    const encode = () =>
      encodeSafetensors({
        tensors: { x: { dtype, shape: [0], data: new Uint8Array() } },
        metadata: {},
      });
    if (dtype in EVERY_DTYPE) {
      assert.equal(hostArray(dtype, new ArrayBuffer(0)).length, 0);
      encode();
    } else assert.throws(encode, new RegExp(`"${dtype}"`));
  }
});

Deno.test("Empty tensors, no tensors and names of any kind come back", () => {
  const stored: Safetensors = {
    tensors: {
      "y/block2.0/conv1/kernel": float([0, 3]),
      'ünïcode \u{1f600} " \\': float([1], 7),
      "": float([1, 1], 8),
    },
    metadata: {},
  };
  assert.deepEqual(decodeSafetensors(encodeSafetensors(stored)), stored);
  const none = { tensors: {}, metadata: {} };
  assert.deepEqual(decodeSafetensors(encodeSafetensors(none)), none);
});

Deno.test("A view into a larger buffer is stored alone, and read from one", () => {
  const whole = Float32Array.of(1, 2, 3, 4);
  const tensors = {
    x: { dtype: "float32", shape: [2], data: whole.subarray(1, 3) },
  } as const;
  const bytes = encodeSafetensors({ tensors, metadata: {} });
  const larger = new Uint8Array(bytes.length + 3);
  larger.set(bytes, 3);
  const { x } = decodeSafetensors(larger.subarray(3)).tensors;
  assert.deepEqual(x?.data, Float32Array.of(2, 3));
});

Deno.test("Values start on a multiple of 8, after a header padded with spaces", () => {
  for (let extra = 0; extra < 9; extra++) {
    const bytes = encodeSafetensors({
      tensors: { ["x".repeat(1 + extra)]: float([1], 2) },
      metadata: {},
    });
    const header = headerOf(bytes);
    assert.equal(header.length % 8, 0);
    assert.match(header, /^\{.*\} {0,7}$/);
    assert.equal(bytes.length, PREFIX + header.length + 4);
  }
});

Deno.test("The layout is that of the format's specification", () => {
  const bytes = encodeSafetensors({
    tensors: { a: float([1], 1), b: EVERY_DTYPE["bool"]! },
    metadata: { k: "v" },
  });
  assert.deepEqual(JSON.parse(headerOf(bytes)), {
    __metadata__: { k: "v" },
    a: { dtype: "F32", shape: [1], data_offsets: [0, 4] },
    b: { dtype: "BOOL", shape: [3], data_offsets: [4, 7] },
  });
  assert.deepEqual([...bytes.slice(-7)], [0, 0, 0x80, 0x3f, 1, 0, 1]);
});

const entry = (changes: Record<string, unknown>): string =>
  JSON.stringify({
    x: { dtype: "F32", shape: [2], data_offsets: [0, 8], ...changes },
  });

const MALFORMED: readonly [string, Uint8Array, RegExp][] = [
  ["empty", new Uint8Array(), /^it has 0 bytes, too few for a header$/],
  ["of 7 bytes", new Uint8Array(7), /^it has 7 bytes, too few/],
  [
    "whose header is longer than it",
    file("{}").subarray(0, 9),
    /^its header claims 2 bytes, the file has 9$/,
  ],
  [
    "whose header is absurd",
    new Uint8Array(16).fill(0xff),
    /^its header claims \d+ bytes, the file has 16$/,
  ],
  ["whose header is no JSON", file("{x}"), /^its header is not a JSON object$/],
  ["whose header is null", file("null"), /^its header is not a JSON object$/],
  ["whose header is a number", file("12"), /^its header is not a JSON object$/],
  ["without a header", file(""), /^its header is not a JSON object$/],
  ["whose header is a list", file("[1]"), /^its entry "0" is malformed$/],
  [
    "with an entry that is null",
    file('{"x":null}'),
    /^its entry "x" is malformed$/,
  ],
  ["without a type", file(entry({ dtype: 3 }), 8), /entry "x" is malformed/],
  ["without a shape", file(entry({ shape: "2" }), 8), /entry "x" is malformed/],
  ["with a side of -1", file(entry({ shape: [-1] }), 8), /is malformed/],
  ["with a side of 1.5", file(entry({ shape: [1.5] }), 8), /is malformed/],
  ["with one offset", file(entry({ data_offsets: [0] }), 8), /is malformed/],
  [
    "with a text as offset",
    file(entry({ data_offsets: ["0", 8] }), 8),
    /is malformed/,
  ],
  [
    "of an unknown type",
    file(entry({ dtype: "F8_E4M3" }), 8),
    /^"x" has the type "F8_E4M3"$/,
  ],
  [
    "of a type that objects have by birth",
    file(entry({ dtype: "constructor" }), 8),
    /^"x" has the type "constructor"$/,
  ],
  [
    "that is cut off",
    file(entry({}), 7),
    /^"x" needs 8 bytes at \d+, the file has \d+$/,
  ],
  [
    "with a range before the values",
    file(entry({ data_offsets: [-8, 0] }), 8),
    /needs 8 bytes/,
  ],
  [
    "with a range that is too short",
    file(entry({ data_offsets: [0, 4] }), 8),
    /needs 8 bytes/,
  ],
  [
    "with a range the wrong way round",
    file(entry({ data_offsets: [8, 0] }), 8),
    /needs 8 bytes/,
  ],
  [
    "with a shape beyond every file",
    file(entry({ shape: [2 ** 40, 2 ** 40] }), 8),
    /^"x" needs .* bytes at \d+, the file has \d+$/,
  ],
];

for (const [what, bytes, message] of MALFORMED) {
  Deno.test(`A file ${what} is refused with the reason`, () => {
    assert.throws(() => decodeSafetensors(bytes), { message });
  });
}

Deno.test("A file cut off anywhere is refused", () => {
  const whole = encodeSafetensors({ tensors: EVERY_DTYPE, metadata: {} });
  for (let length = 0; length < whole.length; length++) {
    assert.throws(() => decodeSafetensors(whole.subarray(0, length)), Error);
  }
});

Deno.test("Names that every object has are names of tensors like any other", () => {
  const header = JSON.stringify({
    ["__proto__"]: { dtype: "U8", shape: [1], data_offsets: [0, 1] },
    constructor: { dtype: "U8", shape: [1], data_offsets: [1, 2] },
    __metadata__: { step: "1", toString: 7 },
  });
  const bytes = new Uint8Array(8 + header.length + 2);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(header.length), true);
  bytes.set(new TextEncoder().encode(header), 8);
  bytes.set([3, 4], 8 + header.length);
  const { tensors, metadata } = decodeSafetensors(bytes);
  assert.deepEqual(Object.keys(tensors), ["__proto__", "constructor"]);
  assert.equal(Object.getPrototypeOf(tensors), Object.prototype);
  assert.deepEqual([...tensors["constructor"]?.data as Uint8Array], [4]);
  // Only texts are metadata.
  assert.deepEqual(metadata, { step: "1" });
});
