/** @file The first task: waits for the others, and has TensorFlow's servers start. */
import type { ServerPlace, SessionConfig } from "../engine/config.ts";
import { type Api, EngineError } from "../engine/ffi.ts";
import { startServer } from "../engine/server.ts";
import { UserError } from "../errors.ts";
import { factsApart } from "./facts.ts";
import { type Heard, Link, type LinkSettings } from "./link.ts";
import type { Facts, Orders } from "./messages.ts";
import { type Place, taskName } from "./place.ts";
import { portError } from "./port.ts";

/** How tasks are waited for. */
export interface Gathering extends LinkSettings {
  readonly place: Place;
  readonly facts: Facts;
  /** Seconds that others may take to come. */
  readonly wait: number;
  readonly say: (line: string) => void;
  readonly signal?: AbortSignal | undefined;
  /** Told the task, by its name, that was interrupted. */
  readonly onInterrupt: (task: string) => void;
}

/** A task's port is looked at for so long. */
const PROBE_MS = 10_000;

const list = (words: readonly string[]): string =>
  [words.slice(0, -1).join(", "), words.at(-1)].filter(Boolean).join(" and ");

/** The first task of a cluster. */
export class Leader {
  readonly #link: Link;
  /** By connection. */
  #tasks: ReadonlyMap<number, number> = new Map();

  constructor(readonly gathering: Gathering) {
    this.#link = new Link(gathering);
  }

  /**
   * Waits until every task is there, and has the same facts.
   *
   * @throws {UserError} Which is missing, or in what it differs.
   * @throws The signal's reason.
   */
  async gather(): Promise<void> {
    this.#tasks = await gather(this.#link, this.gathering);
  }

  /**
   * Starts TensorFlow's servers, here and in all other tasks.
   *
   * @throws {UserError} Where one cannot start, or be reached.
   */
  async serve(
    api: Api,
    config: SessionConfig,
    orders: Orders,
  ): Promise<ServerPlace> {
    const [link, tasks] = [this.#link, this.#tasks];
    const { place, signal } = this.gathering;
    const names = [...tasks].map(([id, task]) => [id, taskName(place, task)]);
    link.order({ do: "hold", names: Object.fromEntries(names) });
    // Its port is TensorFlow's then.
    while ((await link.next())?.is !== "held");
    const target = serverOf(api, place, config);
    for (const id of tasks.keys()) link.send(id, { kind: "serve", orders });
    const waited = new Set(tasks.keys());
    while (waited.size > 0) {
      const heard = await link.next({ signal });
      if (heard?.is !== "message") continue;
      const { id, message } = heard;
      this.#take(heard);
      if (message?.kind === "serving") waited.delete(id);
      if (message?.kind === "unable") {
        throw new UserError(
          `Cannot begin: ${
            taskName(place, tasks.get(id) ?? 0)
          } cannot serve.\n${message.text}`,
        );
      }
    }
    for (const task of tasks.values()) await reach(place, task);
    this.#hear();
    return { target, devicesEach: orders.devices };
  }

  /** Hears what others say while the run goes on. */
  async #hear(): Promise<never> {
    for (;;) this.#take(await this.#link.next());
  }

  #take(heard: Heard | undefined): void {
    if (heard?.is !== "message" || heard.message?.kind !== "interrupt") return;
    const { place, onInterrupt } = this.gathering;
    onInterrupt(taskName(place, this.#tasks.get(heard.id) ?? 0));
  }

  /** What to do where a task is lost. */
  hint(text: string): void {
    this.#link.order({ do: "hint", text });
  }

  /** Ends all other tasks with a code. */
  async end(code: number, text: string): Promise<void> {
    await this.#link.end(code, text);
  }
}

async function gather(
  link: Link,
  { place, facts, wait, codes, say, signal }: Gathering,
): Promise<ReadonlyMap<number, number>> {
  const { ip, port } = place.tasks[0] as Place["tasks"][number];
  const deadline = performance.now() + 1000 * wait;
  const come = new Map<number, number>();
  const missing = (): number[] =>
    [...place.tasks.keys()].slice(1).filter((task) =>
      ![...come.values()].includes(task)
    );
  link.order({ do: "listen", ip, port });
  while (missing().length > 0) {
    const heard = await link.next({
      within: Math.max(0, deadline - performance.now()),
      signal,
    });
    if (!heard) {
      const names = list(missing().map((task) => taskName(place, task)));
      throw new UserError(
        `Cannot begin: ${names} did not come within ${wait} s.\nStart every task with the same command and its own --task. If that takes longer, give --cluster-wait SECONDS.`,
      );
    }
    if (heard.is === "failed") throw portError(place, heard);
    if (heard.is === "listening") {
      say(
        `Waiting for ${
          list(missing().map((task) => taskName(place, task)))
        }, for ${wait} s at most`,
      );
    }
    if (heard.is === "closed") come.delete(heard.id);
    if (heard.is !== "message") continue;
    const { id, message } = heard;
    if (message?.kind !== "hello" || !missing().includes(message.task)) {
      // Not one of ours, or a second process of the same task.
      const text = message?.kind === "hello"
        ? `There is no place for a task ${message.task}: --cluster names ${place.tasks.length}, and each may come once.`
        : "Expected a task of a cluster.";
      link.send(id, { kind: "end", code: codes.refused, text });
      link.order({ do: "drop", id });
      continue;
    }
    const apart = factsApart(facts, message.facts, message.task);
    if (apart.length > 0) {
      throw new UserError(
        [
          `Cannot begin: ${taskName(place, message.task)} is not as task 0:`,
          ...apart.map((one) => `  ${one}`),
          "Start every task with the same command and its own --task, on the same files and versions.",
        ].join("\n"),
      );
    }
    come.set(id, message.task);
  }
  return come;
}

/**
 * Starts this process's server.
 *
 * @throws {UserError} When its port was taken meanwhile.
 */
export function serverOf(
  api: Api,
  { tasks, task }: Place,
  config: SessionConfig,
): string {
  const addresses = tasks.map(({ ip, port }) => `${ip}:${port}`);
  try {
    return startServer(api, { addresses, task }, config);
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
    throw new UserError(
      `Cannot serve at port ${
        tasks[task]?.port
      }: ${error.message}\nGive this task another port in --cluster, everywhere.`,
    );
  }
}

/** @throws {UserError} When a task's server cannot be reached from here. */
async function reach(place: Place, task: number): Promise<void> {
  const { ip, port } = place.tasks[task] as Place["tasks"][number];
  const signal = AbortSignal.timeout(PROBE_MS);
  try {
    (await Deno.connect({ hostname: ip, port, signal })).close();
  } catch (error) {
    throw new UserError(
      `Cannot reach ${taskName(place, task)}, although it reaches task 0: ${
        error instanceof Error ? error.message : error
      }.\nLet the two machines through their firewalls, at the ports of --cluster.`,
    );
  }
}
