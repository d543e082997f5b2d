/** @file JPEGs to pixels by TensorFlow's own decoder, many in one call. */
import { EngineGraph } from "./engine_graph.ts";
import { type Api, EngineError } from "./ffi.ts";
import { type PreparedCall, Session } from "./session.ts";
import type { BorrowedTensor } from "./tensor.ts";

/** By how much a decoder can make an image smaller as it decodes it. */
export type JpegRatio = 1 | 2 | 4 | 8;

/** Files that one call may take: a call costs as much as some small files. */
const CALLS = [32, 16, 8, 4, 2, 1] as const;

/** Decodes JPEGs, beside whatever else libtensorflow does. */
export class JpegDecoder {
  readonly #graph: EngineGraph;
  readonly #session: Session;
  readonly #calls = new Map<string, PreparedCall>();

  /** @param threads Files that are decoded side by side. */
  constructor(api: Api, threads: number) {
    this.#graph = new EngineGraph(api);
    this.#session = new Session(this.#graph, {
      intraThreads: 1,
      interThreads: threads,
      gpu: false,
      // Steps must not wait for files, nor files for steps.
      ownThreads: true,
    });
  }

  /** A call that is fed so many files, as one tensor. */
  #callOf(ratio: JpegRatio, files: number): PreparedCall {
    const key = `${ratio} ${files}`;
    const known = this.#calls.get(key);
    if (known) return known;
    const all = this.#graph.add({
      op: "Placeholder",
      name: `files_${ratio}`,
      inputs: [],
      attrs: {
        dtype: { kind: "type", value: "string" },
        shape: { kind: "shape", value: [files] },
      },
    });
    const feed = { operation: all, index: 0 };
    const each = this.#graph.add({
      op: "Unpack",
      name: `each_${ratio}`,
      inputs: [feed],
      attrs: {
        T: { kind: "type", value: "string" },
        num: { kind: "int", value: files },
        axis: { kind: "int", value: 0 },
      },
    });
    const fetches = Array.from({ length: files }, (_, index) => {
      const decode = this.#graph.add({
        op: "DecodeJpeg",
        name: `decode_${ratio}`,
        inputs: [{ operation: each, index }],
        attrs: {
          channels: { kind: "int", value: 0 },
          ratio: { kind: "int", value: ratio },
          // As libjpeg does by default, and so everyone who uses it.
          fancy_upscaling: { kind: "bool", value: true },
          dct_method: { kind: "string", value: "INTEGER_ACCURATE" },
          try_recover_truncated: { kind: "bool", value: false },
          acceptable_fraction: { kind: "float", value: 1 },
        },
      });
      return { operation: decode, index: 0 };
    });
    const call = this.#session.prepare({ feeds: [feed], fetches, targets: [] });
    this.#calls.set(key, call);
    return call;
  }

  /**
   * Decodes files, in as many calls as it takes.
   *
   * @param ratio Each side is divided by it, rounded up.
   * @returns uint8 `[height, width, bands]` of each file, bands as it has them,
   *   to be given back; `undefined` of those that TensorFlow refuses.
   */
  async decode(
    files: readonly Uint8Array<ArrayBuffer>[],
    ratio: JpegRatio = 1,
  ): Promise<(BorrowedTensor | undefined)[]> {
    const results: (BorrowedTensor | undefined)[] = [];
    for (let from = 0; from < files.length;) {
      const count = CALLS.find((count) => count <= files.length - from) ?? 1;
      results.push(...await this.#run(files.slice(from, from + count), ratio));
      from += count;
    }
    return results;
  }

  async #run(
    files: readonly Uint8Array<ArrayBuffer>[],
    ratio: JpegRatio,
  ): Promise<(BorrowedTensor | undefined)[]> {
    try {
      return await this.#session.borrow(
        this.#callOf(ratio, files.length),
        [{ dtype: "string", shape: [files.length], data: files }],
      );
    } catch (error) {
      if (!(error instanceof EngineError)) throw error;
      if (files.length === 1) return [undefined];
      // One bad file fails them all.
      return (await Promise.all(files.map((file) => this.#run([file], ratio))))
        .flat();
    }
  }

  /** Frees its threads and memory. */
  close(): void {
    this.#session.close();
    this.#graph.close();
  }
}
