/** @file Small archives in the forms of CIFAR-10's. */
import { Buffer } from "node:buffer";

const PIXELS = 3072;

/** A batch, as its author knows it. */
export interface BatchFixture {
  readonly labels: readonly number[];
  /** Planes of every image. */
  readonly pixels: Uint8Array;
}

/** Images of noise, which gzip cannot shrink. */
export function batch(seed: number, labels: readonly number[]): BatchFixture {
  let state = seed;
  const pixels = Uint8Array.from({ length: labels.length * PIXELS }, () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state >>> 24;
  });
  return { labels, pixels };
}

/** Pixels of one image with the channels last, by the definition. */
export function expectedPixels(
  { pixels }: BatchFixture,
  image: number,
): Uint8Array {
  const planes = pixels.subarray(image * PIXELS, (image + 1) * PIXELS);
  return Uint8Array.from(
    { length: PIXELS },
    (_, i) => planes[(i % 3) * 1024 + Math.floor(i / 3)] ?? 0,
  );
}

/** A batch of the binary version. */
export function binaryBatch({ labels, pixels }: BatchFixture): Uint8Array {
  return new Uint8Array(Buffer.concat(
    labels.flatMap((label, i) => [
      Uint8Array.of(label),
      pixels.subarray(i * PIXELS, (i + 1) * PIXELS),
    ]),
  ));
}

/**
 * Who wrote a pickle of protocol 2: Python 2, as the archive's authors did,
 * for whom text is bytes; or Python 3 and NumPy 2, which have no opcode for
 * bytes in that protocol.
 */
export type Writer = "python2" | "python3";

const le = (bits: 16 | 32, value: number): Uint8Array => {
  const view = new DataView(new ArrayBuffer(bits / 8));
  if (bits === 16) view.setUint16(0, value, true);
  else view.setUint32(0, value, true);
  return new Uint8Array(view.buffer);
};

type Code = string | Uint8Array;

const concat = (...codes: readonly Code[]): Uint8Array =>
  Buffer.concat(
    codes.map((code) =>
      typeof code === "string" ? Buffer.from(code, "latin1") : code
    ),
  );

/** Writes pickles; each value is the opcodes that make it. */
class Pickler {
  readonly #writer: Writer;
  #memo = 0;

  constructor(writer: Writer) {
    this.#writer = writer;
  }

  /** Picklers remember nearly everything, whether it is needed or not. */
  #remember(code: Uint8Array): Uint8Array {
    const index = this.#memo++;
    return index < 256
      ? concat(code, "q", Uint8Array.of(index))
      : concat(code, "r", le(32, index));
  }

  /** Python's bytes. */
  bytes(value: Uint8Array): Uint8Array {
    if (this.#writer === "python2") {
      return this.#remember(
        value.length < 256
          ? concat("U", Uint8Array.of(value.length), value)
          : concat("T", le(32, value.length), value),
      );
    }
    const text = Buffer.from(Buffer.from(value).toString("latin1"), "utf8");
    const call = concat(
      this.#remember(concat("c_codecs\nencode\n")),
      this.#remember(concat("X", le(32, text.length), text)),
      this.#remember(concat("X", le(32, 6), "latin1")),
    );
    return this.#remember(concat(this.#remember(concat(call, "\x86")), "R"));
  }

  name(value: string): Uint8Array {
    return this.bytes(Buffer.from(value, "latin1"));
  }

  int(value: number): Uint8Array {
    return value < 256
      ? concat("K", Uint8Array.of(value))
      : value < 65_536
      ? concat("M", le(16, value))
      : concat("J", le(32, value));
  }

  list(items: readonly Uint8Array[]): Uint8Array {
    return concat(this.#remember(concat("]")), "(", ...items, "e");
  }

  dictionary(entries: readonly (readonly [string, () => Uint8Array])[]) {
    const start = concat("\x80\x02", this.#remember(concat("}")), "(");
    const items = entries.map(([key, value]) =>
      concat(this.name(key), value())
    );
    return concat(start, ...items, "u.");
  }

  /** Text where NumPy has text: bytes in Python 2, unicode in 3. */
  #text(value: string): Uint8Array {
    return this.#writer === "python2"
      ? this.name(value)
      : this.#remember(concat("X", le(32, value.length), value));
  }

  array(data: Uint8Array, shape: readonly [number, number], type = "u1") {
    const module = this.#writer === "python2" ? "numpy.core" : "numpy._core";
    const empty = this.#remember(concat(
      this.#remember(concat(`c${module}.multiarray\n_reconstruct\n`)),
      this.#remember(concat(
        this.#remember(concat("cnumpy\nndarray\n")),
        this.#remember(concat("K\x00\x85")),
        this.bytes(Buffer.from("b")),
        "\x87",
      )),
      "R",
    ));
    const [rows, columns] = shape;
    const dtype = concat(
      this.#remember(concat(
        this.#remember(concat("cnumpy\ndtype\n")),
        this.#remember(concat(
          this.#text(type),
          this.#writer === "python2" ? "K\x00K\x01\x87" : "\x89\x88\x87",
        )),
        "R",
      )),
      "(K\x03",
      this.#text("|"),
      "NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00",
      this.#remember(concat("t")),
      "b",
    );
    return concat(
      empty,
      "(K\x01",
      this.#remember(concat(this.int(rows), this.int(columns), "\x86")),
      dtype,
      "\x89",
      this.bytes(data),
      this.#remember(concat("t")),
      "b",
    );
  }
}

/** A batch of the python version. */
export function pickledBatch(
  { labels, pixels }: BatchFixture,
  writer: Writer = "python2",
  type = "u1",
): Uint8Array {
  const pickler = new Pickler(writer);
  return pickler.dictionary([
    ["batch_label", () => pickler.name("training batch 1 of 5")],
    ["labels", () => pickler.list(labels.map((n) => pickler.int(n)))],
    ["data", () => pickler.array(pixels, [labels.length, PIXELS], type)],
    [
      "filenames",
      () => pickler.list(labels.map((n) => pickler.name(`${n}.png`))),
    ],
  ]);
}

/** `batches.meta` of the python version. */
export function pickledMeta(
  names: readonly string[],
  writer: Writer = "python2",
): Uint8Array {
  const pickler = new Pickler(writer);
  return pickler.dictionary([
    ["num_cases_per_batch", () => pickler.int(10_000)],
    [
      "label_names",
      () => pickler.list(names.map((name) => pickler.name(name))),
    ],
    ["num_vis", () => pickler.int(PIXELS)],
  ]);
}

/** A pickle that would run a program, if anything ran what it names. */
export const HOSTILE = concat(
  "\x80\x02cposix\nsystem\nX",
  le(32, 4),
  "true",
  "\x85R.",
);
