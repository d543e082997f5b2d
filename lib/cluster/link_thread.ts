/**
 * @file The thread that holds a task's connections to others. It gives and hears
 * signs of life also while the main thread traces a step or waits for
 * TensorFlow; where a task is gone, it ends the process, which TensorFlow might
 * never do.
 */
import { endProcess } from "../end_process.ts";
import type { LinkOrder, LinkReport } from "./link.ts";

/** Between two signs of life, unless silence is judged sooner. */
const BEAT_MS = 1000;
/** Between two attempts to reach a task. */
const RETRY_MS = 250;
/** Others hear of a loss, or of an end, within this time. */
const FAREWELL_MS = 3000;
/** No message is longer, in characters. */
const MOST_CHARACTERS = 4_000_000;

/** What a task says last begins so. */
const END = '{"kind":"end"';

interface Connection {
  readonly id: number;
  readonly socket: Deno.Conn;
  /** When it was last heard. */
  heard: number;
  written: Promise<unknown>;
}

const scope = self as unknown as {
  onmessage: (event: MessageEvent<LinkOrder>) => void;
  postMessage(report: LinkReport): void;
};
const report = (what: LinkReport): void => scope.postMessage(what);
const encoder = new TextEncoder();

const connections = new Map<number, Connection>();
/** Of tasks that may not be lost, by connection. */
let names: Readonly<Record<number, string>> = {};
let silence = 0;
let lostCode = 1;
let hint = "";
let listener: Deno.Listener | undefined;
let next = 0;
/** Whether all has been said: then closed connections are no loss. */
let ending = false;

function write(connection: Connection, line: string): Promise<unknown> {
  const bytes = encoder.encode(`${line}\n`);
  connection.written = connection.written.then(async () => {
    for (let at = 0; at < bytes.length;) {
      at += await connection.socket.write(bytes.subarray(at));
    }
    // Whoever reads notices that it is closed.
  }).catch(() => {});
  return connection.written;
}

const pause = (ms: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, ms));

function toAll(line: string): Promise<unknown> {
  return Promise.all(
    [...connections.values()].map((one) => write(one, line)),
  );
}

/** Ends this process, and those that it is connected with. */
async function lose(name: string, why: string): Promise<void> {
  if (ending) return;
  ending = true;
  const text = `${name[0]?.toUpperCase()}${name.slice(1)} is gone: ${why}.`;
  const line = JSON.stringify({ kind: "end", code: lostCode, text });
  await Promise.race([toAll(line), pause(FAREWELL_MS)]);
  // The progress line has no end.
  if (Deno.stdout.isTerminal()) console.log();
  console.error(hint === "" ? text : `${text}\n${hint}`);
  endProcess(lostCode);
}

function drop({ id, socket }: Connection, why: string): void {
  if (!connections.delete(id)) return;
  try {
    socket.close();
  } catch {
    // It was closed by the other side.
  }
  const name = names[id];
  if (name !== undefined) lose(name, why);
  report({ is: "closed", id });
}

async function read(connection: Connection): Promise<void> {
  const decoder = new TextDecoder();
  const buffer = new Uint8Array(65536);
  let text = "";
  try {
    while (text.length < MOST_CHARACTERS) {
      const count = await connection.socket.read(buffer);
      if (count === null) break;
      connection.heard = performance.now();
      text += decoder.decode(buffer.subarray(0, count), { stream: true });
      const lines = text.split("\n");
      text = lines.pop() ?? "";
      for (const line of lines) {
        if (line === "") continue;
        if (line.startsWith(END) && names[connection.id]) ending = true;
        report({ is: "line", id: connection.id, line });
      }
    }
  } catch {
    // As if it were closed.
  }
  drop(connection, "its connection was closed");
}

function open(socket: Deno.Conn): void {
  const connection = {
    id: next++,
    socket,
    heard: performance.now(),
    written: Promise.resolve(),
  };
  connections.set(connection.id, connection);
  report({ is: "open", id: connection.id });
  read(connection);
}

async function listen(ip: string, port: number): Promise<void> {
  try {
    listener = Deno.listen({ hostname: ip, port });
    report({ is: "listening" });
    for await (const socket of listener) open(socket);
  } catch (error) {
    if (!listener) report(failure(error));
  }
}

const failure = (error: unknown): LinkReport => ({
  is: "failed",
  name: error instanceof Error ? error.name : "",
  message: error instanceof Error ? error.message : String(error),
});

async function connect(
  ip: string,
  port: number,
  seconds: number,
): Promise<void> {
  const deadline = performance.now() + 1000 * seconds;
  for (;;) {
    try {
      open(await Deno.connect({ hostname: ip, port }));
      return;
    } catch (error) {
      const refused = error instanceof Deno.errors.NotCapable;
      if (refused || performance.now() > deadline) {
        report(failure(error));
        return;
      }
    }
    await pause(RETRY_MS);
  }
}

function beat(every: number): void {
  let last = performance.now();
  setInterval(() => {
    const now = performance.now();
    // Whoever was stopped itself has heard nobody, and says nothing of others.
    const stopped = now - last > silence / 2 + every;
    last = now;
    for (const connection of [...connections.values()]) {
      if (stopped) connection.heard = now;
      write(connection, "");
      if (now - connection.heard <= silence) continue;
      drop(connection, `it has not answered for ${silence / 1000} s`);
    }
  }, every);
}

type Handlers = {
  readonly [K in LinkOrder["do"]]: (
    order: Extract<LinkOrder, { do: K }>,
  ) => void;
};

const handlers: Handlers = {
  begin(order) {
    silence = 1000 * order.silence;
    lostCode = order.lost;
    beat(Math.min(BEAT_MS, silence / 4));
  },
  listen: ({ ip, port }) => void listen(ip, port),
  connect: ({ ip, port, seconds }) => void connect(ip, port, seconds),
  hold(order) {
    names = order.names;
    listener?.close();
    report({ is: "held" });
    for (const [id, name] of Object.entries(names)) {
      if (!connections.has(Number(id))) lose(name, "its connection was closed");
    }
  },
  send({ id, line }) {
    const connection = connections.get(id);
    if (connection) write(connection, line);
  },
  drop({ id }) {
    const connection = connections.get(id);
    if (connection) connection.written.then(() => drop(connection, ""));
  },
  hint({ text }) {
    hint = text;
  },
  async end({ line }) {
    ending = true;
    const deadline = performance.now() + FAREWELL_MS;
    if (line !== undefined) {
      await Promise.race([toAll(line), pause(FAREWELL_MS)]);
      // They close when they have read it.
      while (connections.size > 0 && performance.now() < deadline) {
        await pause(10);
      }
    }
    report({ is: "ended" });
  },
};

scope.onmessage = ({ data }) => {
  (handlers[data.do] as (order: LinkOrder) => void)(data);
};
