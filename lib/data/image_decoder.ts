/** @file Image files of a set, decoded side by side: ordinary JPEGs by the engine, others by sharp. */
import { AT_ONCE, IN_BATCHES } from "./at_once.ts";
import { decodeImage, type Seen } from "./decode.ts";
import { EngineJpegs } from "./engine_jpegs.ts";
import type { Reading } from "./reading.ts";
import type { ImageShape, LoadContext } from "./source.ts";

/** Bytes of files that are held at a time. */
const MOST_BYTES = 2 ** 24;
/** Of a file, before any is known. */
const USUAL_BYTES = 2 ** 18;

/** Lets so many work at a time; the others wait for their turn. */
class Gate {
  readonly #waiting: (() => void)[] = [];
  #free: number;

  constructor(most: number) {
    this.#free = most;
  }

  async run<T>(work: () => Promise<T>): Promise<T> {
    if (this.#free > 0) this.#free--;
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
    try {
      return await work();
    } finally {
      const next = this.#waiting.shift();
      if (next) next();
      else this.#free++;
    }
  }
}

/** Holds files while they are decoded, as many as memory is set apart for, and always one. */
class Hold {
  readonly #waiting: (() => void)[] = [];
  #files = 0;
  #reading = 0;
  #bytes = 0;
  /** Of a file, of late. */
  #mean = USUAL_BYTES;

  async use<T>(
    read: () => Promise<Uint8Array>,
    work: (bytes: Uint8Array) => Promise<T>,
  ): Promise<T> {
    while (
      this.#files > 0 && this.#bytes + this.#reading * this.#mean >= MOST_BYTES
    ) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    this.#files++;
    this.#reading++;
    let held = 0;
    try {
      const bytes = await read().finally(() => this.#reading--);
      held = bytes.length;
      this.#bytes += held;
      this.#mean += (held - this.#mean) / 16;
      return await work(bytes);
    } finally {
      this.#bytes -= held;
      this.#files--;
      for (const wake of this.#waiting.splice(0)) wake();
    }
  }
}

/** Decodes the image files of a set. */
export class ImageDecoder {
  /** Files that may be asked for at a time. */
  readonly atOnce: number;
  readonly #shape: ImageShape;
  readonly #reading: Reading;
  readonly #engine: LoadContext["engine"];
  readonly #slow = new Gate(AT_ONCE);
  readonly #hold = new Hold();
  #jpegs: EngineJpegs | undefined;

  constructor(
    shape: ImageShape,
    reading: Reading,
    engine: LoadContext["engine"],
  ) {
    this.#shape = shape;
    this.#reading = reading;
    this.#engine = engine;
    this.atOnce = engine ? IN_BATCHES : AT_ONCE;
  }

  async #fast(): Promise<EngineJpegs | undefined> {
    if (this.#jpegs || !this.#engine) return this.#jpegs;
    const engine = await this.#engine();
    return this.#jpegs ??= engine && new EngineJpegs(engine, this.#shape);
  }

  /**
   * Reads a file and decodes it as {@linkcode decodeImage} does.
   *
   * @throws {Error} With a reason, when it cannot be read or is no whole image.
   */
  async decode(
    read: () => Promise<Uint8Array>,
    see?: (seen: Seen) => void,
  ): Promise<Uint8Array> {
    const jpegs = await this.#fast();
    return await this.#hold.use(
      read,
      (bytes) =>
        decodeImage(bytes, this.#shape, this.#reading, see, {
          jpegs,
          slowly: (work) => this.#slow.run(work),
        }),
    );
  }

  /** Decodes what is no whole file in its turn. */
  inTurn<T>(decode: () => Promise<T>): Promise<T> {
    return this.#slow.run(decode);
  }
}
