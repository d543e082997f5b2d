/** @file Every task but the first: lends its devices until the run ends. */
import { UserError } from "../errors.ts";
import { type Heard, Link, type LinkSettings } from "./link.ts";
import type { Facts, Orders } from "./messages.ts";
import { type Place, taskName } from "./place.ts";
import { portError } from "./port.ts";

/** How a task follows the first one. */
export interface Following extends LinkSettings {
  readonly place: Place;
  readonly facts: Facts;
  /** Seconds that the first task may take to come. */
  readonly wait: number;
  readonly say: (line: string) => void;
  readonly signal: AbortSignal;
  /** Starts this task's server. */
  readonly serve: (orders: Orders) => Promise<void>;
}

/** How the run ended, as the first task tells. */
export interface Ended {
  readonly code: number;
  readonly text: string;
}

/**
 * Lends this machine's devices to the first task until it says how the run
 * ended. A task that loses the first one ends its process.
 *
 * @throws {UserError} When the first task cannot be reached.
 * @throws The signal's reason, before there is a run.
 */
export async function follow(following: Following): Promise<Ended> {
  const link = new Link(following);
  try {
    return await followBy(link, following);
  } finally {
    await link.end();
  }
}

async function followBy(link: Link, following: Following): Promise<Ended> {
  const { place, facts, wait, say, signal, serve } = following;
  const { ip, port } = place.tasks[0] as Place["tasks"][number];
  const first = taskName(place, 0);
  say(`Waiting for ${first}, for ${wait} s at most`);
  link.order({ do: "connect", ip, port, seconds: wait });
  /** The connection to it, and whether it has asked for this task's server. */
  let leader: number | undefined;
  let serving = false;
  const interrupted = Promise.withResolvers<never>();
  interrupted.promise.catch(() => {});
  // A run ends after the step at hand, and tells so; a task that waits just ends.
  const onAbort = (): void => {
    if (serving && leader !== undefined) {
      link.send(leader, { kind: "interrupt" });
    } else interrupted.reject(signal.reason);
  };
  if (signal.aborted) onAbort();
  signal.addEventListener("abort", onAbort, { once: true });
  for (;;) {
    const heard = await Promise.race([link.next(), interrupted.promise]);
    if (heard?.is === "failed") throw unreached(following, heard);
    if (heard?.is === "open") {
      leader = heard.id;
      link.order({ do: "hold", names: { [leader]: first } });
      link.send(leader, { kind: "hello", task: place.task, facts });
    }
    if (heard?.is !== "message" || leader === undefined) continue;
    const { message } = heard;
    if (message?.kind === "end") return message;
    if (message?.kind !== "serve") continue;
    serving = true;
    try {
      await serve(message.orders);
      link.send(leader, { kind: "serving" });
      say(`Serving ${first} until its run ends`);
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      link.send(leader, { kind: "unable", text: error.message });
    }
  }
}

function unreached(
  { place, wait }: Following,
  failure: Extract<Heard, { is: "failed" }>,
): UserError {
  if (failure.name === "NotCapable") return portError(place, failure, 0);
  return new UserError(
    `Cannot reach ${
      taskName(place, 0)
    } within ${wait} s: ${failure.message}.\nStart it with the same command and --task 0. If that takes longer, give --cluster-wait SECONDS.`,
  );
}
