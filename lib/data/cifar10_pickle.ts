/** @file Batches of CIFAR-10 for Python: pickled dictionaries of numpy arrays. */
import { Buffer } from "node:buffer";
import { BufferReader, Parser } from "pickleparser";

/** Images of a batch, each 3072 bytes: red, green, blue planes. */
export interface Batch {
  readonly count: number;
  readonly pixels: Uint8Array;
  /** Where the first image starts in `pixels`. */
  readonly start: number;
  /** From an image's start to the next one's. */
  readonly stride: number;
  readonly labels: readonly number[];
}

const RECORD = 3072;
/** A list can be said to have four thousand million entries, and hold none. */
const MOST_CLASSES = 1000;

/** Text of Python 2 is bytes: one character each, and none changed. */
class ByteReader extends BufferReader {
  /** Backwards, the same opcodes would be met again and again. */
  override skip(offset: number): void {
    if (offset < 0) throw new Error(`it has a length of ${offset}`);
    super.skip(offset);
  }

  override string(size: number, encoding: "ascii" | "utf-8"): string {
    return encoding === "ascii"
      ? latin1(this.bytes(size) as Uint8Array)
      : super.string(size, encoding);
  }
}

const latin1 = ({ buffer, byteOffset, length }: Uint8Array): string =>
  Buffer.from(buffer, byteOffset, length).toString("latin1");

/** Text, or bytes as such; lists within lists would take for ever to print. */
const textOf = (value: unknown): string | undefined =>
  value instanceof Uint8Array
    ? latin1(value)
    : typeof value === "string"
    ? value
    : undefined;

const bytesOf = (value: unknown): Uint8Array | undefined =>
  typeof value === "string"
    ? Buffer.from(value, "latin1")
    : value instanceof Uint8Array
    ? value
    : undefined;

/** As much of a numpy array as we look at. */
class NumpyArray {
  shape: unknown;
  dtype: unknown;
  columnMajor: unknown;
  data: unknown;

  // deno-lint-ignore camelcase
  __setstate__(state: readonly unknown[]): void {
    [, this.shape, this.dtype, this.columnMajor, this.data] = state;
  }
}

/** Name of a numpy element type, such as `u1`. */
class NumpyType {
  constructor(readonly name: unknown) {}

  // Byte order, which does not matter to bytes.
  // deno-lint-ignore camelcase
  __setstate__(): void {}
}

/** All that a batch may call: a pickle can name anything at all. */
const CALLABLE: Readonly<Record<string, (...args: unknown[]) => unknown>> = {
  "numpy.ndarray": () => new NumpyArray(),
  "numpy.dtype": (name) => new NumpyType(name),
  "numpy.core.multiarray._reconstruct": () => new NumpyArray(),
  "numpy._core.multiarray._reconstruct": () => new NumpyArray(),
  // How Python 3 writes bytes for Python 2: as text in Latin-1.
  "_codecs.encode": (text) => text,
};

const parser = new Parser({
  nameResolver: {
    resolve(module, name) {
      const callable = Object.hasOwn(CALLABLE, `${module}.${name}`)
        ? CALLABLE[`${module}.${name}`]
        : undefined;
      if (!callable) throw new Error(`it calls ${module}.${name}`);
      return callable;
    },
  },
  unpicklingTypeOfDictionary: "Map",
});

/**
 * Reads a pickle. A list that it gives attributes could be given a length of
 * four thousand million: the parser asks for this method before it does so.
 */
function read(bytes: Uint8Array): unknown {
  Object.defineProperty(Array.prototype, "__setstate__", {
    configurable: true,
    value() {
      throw new Error("it gives attributes to a list");
    },
  });
  try {
    return parser.read<unknown>(new ByteReader(bytes));
  } finally {
    Reflect.deleteProperty(Array.prototype, "__setstate__");
  }
}

/** Keys may be text or bytes, as Python 2 or 3 wrote them. */
function dictionary(bytes: Uint8Array): ReadonlyMap<string, unknown> {
  const value = read(bytes);
  if (!(value instanceof Map)) throw new Error("it is not a dictionary");
  return new Map(
    Array.from(
      value as Map<unknown, unknown>,
      ([key, entry]) => [textOf(key) ?? "", entry],
    ),
  );
}

/** Whether a file is a pickle: of these files no other starts so. */
export const isPickle = (bytes: Uint8Array): boolean => bytes[0] === 0x80;

/**
 * Reads a batch.
 *
 * @throws {Error} Without a place, when it is not what it should be.
 */
export function readPickledBatch(bytes: Uint8Array): Batch {
  const batch = dictionary(bytes);
  const array = batch.get("data");
  const labels = batch.get("labels");
  if (!(array instanceof NumpyArray)) {
    throw new Error('it has no array "data"');
  }
  const { shape, dtype, columnMajor } = array;
  const sides = Array.isArray(shape) && shape.length <= 8 &&
      shape.every(Number.isSafeInteger)
    ? shape as readonly number[]
    : [];
  const [count = 0, width] = sides;
  const type = dtype instanceof NumpyType ? textOf(dtype.name) : undefined;
  if (type !== "u1" || width !== RECORD || columnMajor !== false) {
    throw new Error(
      `"data" is ${type} of shape [${sides}], expected u1 of shape [images,${RECORD}] in row-major order`,
    );
  }
  const pixels = bytesOf(array.data);
  if (pixels?.length !== count * RECORD) {
    throw new Error(
      `"data" has ${pixels?.length} bytes, expected ${count * RECORD}`,
    );
  }
  const numbers = Array.isArray(labels) ? labels : [];
  if (numbers.length !== count || !numbers.every(Number.isInteger)) {
    throw new Error(`"labels" is not a list of ${count} whole numbers`);
  }
  return { count, pixels, start: 0, stride: RECORD, labels: numbers };
}

/** Reads the names of the classes. @throws {Error} When there are none. */
export function readPickledNames(bytes: Uint8Array): readonly string[] {
  const names = dictionary(bytes).get("label_names");
  if (!Array.isArray(names)) throw new Error('it has no list "label_names"');
  if (names.length > MOST_CLASSES) {
    throw new Error(`it has ${names.length} names of classes, expected 10`);
  }
  return Array.from(names, (name) => {
    const text = textOf(name);
    if (text === undefined) throw new Error("a name of a class is no text");
    return text;
  });
}
