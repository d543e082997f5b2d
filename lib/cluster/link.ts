/** @file A task's connections to others, which a thread of their own holds. */
import { type Message, readMessage } from "./messages.ts";

/** What the thread is asked to do. */
export type LinkOrder =
  | {
    readonly do: "begin";
    /** Seconds after which a silent task is lost, and the exit code then. */
    readonly silence: number;
    readonly lost: number;
  }
  | { readonly do: "listen"; readonly ip: string; readonly port: number }
  | {
    readonly do: "connect";
    readonly ip: string;
    readonly port: number;
    /** Attempts go on so long. */
    readonly seconds: number;
  }
  | {
    /** From now on the process ends with these connections; no others are taken. */
    readonly do: "hold";
    readonly names: Readonly<Record<number, string>>;
  }
  | { readonly do: "send"; readonly id: number; readonly line: string }
  | { readonly do: "drop"; readonly id: number }
  | {
    /** What to do, said after the name of a task that is gone. */
    readonly do: "hint";
    readonly text: string;
  }
  | { readonly do: "end"; readonly line?: string };

/** What the thread tells. */
export type LinkReport =
  | { readonly is: "listening" }
  | {
    readonly is: "failed";
    /** Of the error, such as `AddrInUse`. */
    readonly name: string;
    readonly message: string;
  }
  | { readonly is: "open"; readonly id: number }
  | { readonly is: "line"; readonly id: number; readonly line: string }
  | { readonly is: "closed"; readonly id: number }
  | { readonly is: "held" }
  | { readonly is: "ended" };

/** What is heard from other tasks. */
export type Heard =
  | Exclude<LinkReport, { is: "line" | "ended" }>
  | {
    readonly is: "message";
    readonly id: number;
    /** Undefined where it is none that a task says. */
    readonly message: Message | undefined;
  };

/** How long others may be silent, and exit codes of what ends a task. */
export interface LinkSettings {
  /** In seconds. */
  readonly silence: number;
  readonly codes: {
    /** Another task is gone. */
    readonly lost: number;
    /** It does not belong to the others. */
    readonly refused: number;
  };
}

/** Connections to other tasks. */
export class Link {
  readonly #thread: Worker;
  readonly #heard: Heard[] = [];
  readonly #ended = Promise.withResolvers<void>();
  #wake: () => void = () => {};

  constructor({ silence, codes: { lost } }: LinkSettings) {
    this.#thread = new Worker(new URL("./link_thread.ts", import.meta.url), {
      type: "module",
      name: "cluster",
    });
    this.#thread.onmessage = ({ data }: MessageEvent<LinkReport>) => {
      if (data.is === "ended") return this.#ended.resolve();
      this.#heard.push(
        data.is === "line"
          ? { is: "message", id: data.id, message: readMessage(data.line) }
          : data,
      );
      this.#wake();
    };
    this.order({ do: "begin", silence, lost });
  }

  /** Has the thread do something. */
  order(order: LinkOrder): void {
    this.#thread.postMessage(order);
  }

  /** Says something to a task. */
  send(id: number, message: Message): void {
    this.order({ do: "send", id, line: JSON.stringify(message) });
  }

  /**
   * What is heard next; undefined when nothing is for so many milliseconds.
   *
   * @throws The signal's reason.
   */
  async next(
    { within, signal }: {
      readonly within?: number;
      readonly signal?: AbortSignal | undefined;
    } = {},
  ): Promise<Heard | undefined> {
    signal?.throwIfAborted();
    if (this.#heard.length === 0 && (within === undefined || within > 0)) {
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#wake = resolve;
      const timer = within === undefined
        ? undefined
        : setTimeout(resolve, within);
      signal?.addEventListener("abort", () => resolve(), { once: true });
      await promise;
      clearTimeout(timer);
      signal?.throwIfAborted();
    }
    return this.#heard.shift();
  }

  /** Says how it ended, waits until all have heard it, and lets the thread go. */
  async end(code?: number, text = ""): Promise<void> {
    const line = code === undefined
      ? {}
      : { line: JSON.stringify({ kind: "end", code, text }) };
    this.order({ do: "end", ...line });
    await this.#ended.promise;
    this.#thread.terminate();
  }
}
