/** @file A language server as a child: requests and notifications over its standard streams. */

/** Where a cursor is; both begin at 0. */
export interface Position {
  readonly line: number;
  readonly character: number;
}

/** What a server says of a text. */
export interface Complaint {
  readonly message: string;
  readonly range: { readonly start: Position; readonly end: Position };
}

/** What a server offers at a position. */
export interface Offer {
  readonly label: string;
  readonly documentation?: string | { readonly value: string };
}

interface Message {
  readonly id?: number;
  readonly method?: string;
  readonly params?: unknown;
  readonly result?: unknown;
  readonly error?: { readonly message: string };
}

/** Seconds that an answer may take. */
const PATIENCE = 60;

const HEAD = /^Content-Length: (\d+)/m;

function joined(a: Uint8Array, b: Uint8Array): Uint8Array {
  const both = new Uint8Array(a.length + b.length);
  both.set(a);
  both.set(b, a.length);
  return both;
}

/** Messages of a stream, each behind a header with its length. */
async function* messages(
  stream: ReadableStream<Uint8Array>,
): AsyncGenerator<Message> {
  const decoder = new TextDecoder();
  let bytes: Uint8Array = new Uint8Array();
  for await (const chunk of stream) {
    bytes = joined(bytes, chunk);
    while (true) {
      const text = decoder.decode(bytes);
      const head = text.indexOf("\r\n\r\n");
      const length = Number(HEAD.exec(text.slice(0, head))?.[1]);
      // Headers are ASCII: letters are bytes.
      if (head < 0 || bytes.length < head + 4 + length) break;
      const body = bytes.subarray(head + 4, head + 4 + length);
      bytes = bytes.slice(head + 4 + length);
      yield JSON.parse(decoder.decode(body));
    }
  }
}

/** A language server over standard streams. */
export class LanguageServer {
  readonly #child: Deno.ChildProcess;
  readonly #input: WritableStreamDefaultWriter<Uint8Array>;
  readonly #waiting = new Map<number, (message: Message) => void>();
  readonly #complaints = new Map<string, (all: readonly Complaint[]) => void>();
  readonly #settings: unknown;
  #last = 0;

  private constructor(child: Deno.ChildProcess, settings: unknown) {
    this.#child = child;
    this.#input = child.stdin.getWriter();
    this.#settings = settings;
    this.#listen();
  }

  /** Starts a server, and waits until it is ready. */
  static async start(
    command: string,
    args: readonly string[],
    root: string,
    settings: unknown,
  ): Promise<LanguageServer> {
    const child = new Deno.Command(command, {
      args: [...args],
      cwd: root,
      stdin: "piped",
      stdout: "piped",
      stderr: "inherit",
    }).spawn();
    const server = new LanguageServer(child, settings);
    await server.#ask("initialize", {
      processId: Deno.pid,
      rootUri: `file://${root}`,
      capabilities: {
        workspace: { configuration: true },
        textDocument: {
          completion: {
            completionItem: { documentationFormat: ["plaintext"] },
          },
          hover: { contentFormat: ["plaintext"] },
        },
      },
    });
    await server.#tell("initialized", {});
    await server.#tell("workspace/didChangeConfiguration", { settings });
    return server;
  }

  async #listen(): Promise<void> {
    for await (const message of messages(this.#child.stdout)) {
      const { id, method, params } = message;
      if (method === "textDocument/publishDiagnostics") {
        const { uri, diagnostics } = params as {
          readonly uri: string;
          readonly diagnostics: readonly Complaint[];
        };
        this.#complaints.get(uri)?.(diagnostics);
      } else if (method === "workspace/configuration" && id !== undefined) {
        const { items } = params as {
          readonly items: readonly { readonly section: string }[];
        };
        const all = this.#settings as Readonly<Record<string, unknown>>;
        await this.#send({
          id,
          result: items.map(({ section }) => all[section] ?? null),
        });
      } else if (method !== undefined && id !== undefined) {
        await this.#send({ id, result: null });
      } else if (id !== undefined) {
        this.#waiting.get(id)?.(message);
        this.#waiting.delete(id);
      }
    }
  }

  async #send(message: object): Promise<void> {
    const body = new TextEncoder().encode(
      JSON.stringify({ jsonrpc: "2.0", ...message }),
    );
    const head = new TextEncoder().encode(
      `Content-Length: ${body.length}\r\n\r\n`,
    );
    await this.#input.write(joined(head, body));
  }

  #tell(method: string, params: unknown): Promise<void> {
    return this.#send({ method, params });
  }

  async #ask(method: string, params: unknown): Promise<unknown> {
    const id = ++this.#last;
    const answer = within<Message>(method, (done) => {
      this.#waiting.set(id, done);
    });
    await this.#send({ id, method, params });
    const { result, error } = await answer;
    if (error) throw new Error(`${method}: ${error.message}`);
    return result;
  }

  /** Opens a text, and waits for what the server says of it. */
  async open(file: string, text: string): Promise<readonly Complaint[]> {
    const uri = `file://${file}`;
    const told = within<readonly Complaint[]>(
      `diagnostics of ${file}`,
      (done) => {
        this.#complaints.set(uri, done);
      },
    );
    await this.#tell("textDocument/didOpen", {
      textDocument: { uri, languageId: "yaml", version: 1, text },
    });
    return await told;
  }

  /** What is offered at a position of an open text. */
  async complete(file: string, position: Position): Promise<readonly Offer[]> {
    const result = await this.#ask("textDocument/completion", {
      textDocument: { uri: `file://${file}` },
      position,
    }) as readonly Offer[] | { readonly items: readonly Offer[] } | null;
    return result === null ? [] : "items" in result ? result.items : result;
  }

  /** What is shown of the word at a position. */
  async hover(file: string, position: Position): Promise<string> {
    const result = await this.#ask("textDocument/hover", {
      textDocument: { uri: `file://${file}` },
      position,
    }) as { readonly contents: string | { readonly value: string } } | null;
    const contents = result?.contents ?? "";
    return typeof contents === "string" ? contents : contents.value;
  }

  async stop(): Promise<void> {
    await this.#ask("shutdown", null);
    await this.#tell("exit", null);
    await this.#input.close();
    await this.#child.status;
  }
}

/** An answer, or an error when it does not come in time. */
function within<T>(
  what: string,
  begin: (done: (answer: T) => void) => void,
): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(
      () => reject(new Error(`No answer in ${PATIENCE} s: ${what}`)),
      PATIENCE * 1000,
    );
    begin((answer) => {
      clearTimeout(timer);
      resolve(answer);
    });
  });
}
