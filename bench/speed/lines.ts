/** @file Lines of a process's output. */

/** Lines that are kept for a message. */
const TAIL = 30;

/** Reads a stream line by line. */
export class Lines {
  readonly #reader: ReadableStreamDefaultReader<string>;
  #rest = "";
  readonly #last: string[] = [];

  constructor(stream: ReadableStream<Uint8Array>) {
    const decoder = new TextDecoderStream() as unknown as TransformStream<
      Uint8Array,
      string
    >;
    this.#reader = stream.pipeThrough(decoder).getReader();
  }

  /** The next line; `undefined` at the end. */
  async next(): Promise<string | undefined> {
    for (;;) {
      const end = this.#rest.indexOf("\n");
      if (end >= 0) {
        const line = this.#rest.slice(0, end);
        this.#rest = this.#rest.slice(end + 1);
        return line;
      }
      const { value, done } = await this.#reader.read();
      if (done) return undefined;
      this.#rest += value;
    }
  }

  /** Reads on to the end, and keeps the last lines. */
  async drain(): Promise<void> {
    for (;;) {
      const line = await this.next().catch(() => undefined);
      if (line === undefined) return;
      this.#last.push(line);
      if (this.#last.length > TAIL) this.#last.shift();
    }
  }

  /** The last lines that {@linkcode Lines.drain} saw. */
  get tail(): string {
    return this.#last.join("\n");
  }

  async close(): Promise<void> {
    await this.#reader.cancel().catch(() => {});
  }
}
