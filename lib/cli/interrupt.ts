/** @file Ctrl-C as a way out that loses nothing. */
import type { UserError } from "../errors.ts";
import { takeModuleFaults } from "./modules.ts";
import type { Terminal } from "./reporter.ts";

/** Whether the process was started so that a closed terminal does not end it. */
function hangupIgnored(): boolean {
  try {
    const status = Deno.readTextFileSync("/proc/self/status");
    const mask = /^SigIgn:\s*([0-9a-f]+)$/m.exec(status)?.[1] ?? "0";
    return (BigInt(`0x${mask}`) & 1n) === 1n;
  } catch {
    return true;
  }
}

/** Ctrl-C, what a scheduler or a shutdown sends before it kills, a closed terminal. */
const signals = (): readonly Deno.Signal[] =>
  Deno.build.os === "windows"
    ? ["SIGINT"]
    : ["SIGINT", "SIGTERM", ...hangupIgnored() ? [] : ["SIGHUP" as const]];

/**
 * A launcher passes on what a terminal sends to both of them, `timeout` sends to
 * a process and to its group: within this time two signals are one.
 */
const SAME_MS = 300;

/**
 * Runs `body`, with Ctrl-C as a way out once the batch at hand is done.
 *
 * @param elsewhere Another task that was interrupted, by its name as the reason.
 * @returns Undefined where the signal ended it before there was a result.
 */
export async function interruptible<T>(
  terminal: Terminal,
  body: (signal: AbortSignal) => Promise<T>,
  elsewhere?: AbortSignal,
): Promise<T | undefined> {
  const interrupt = new AbortController();
  const heard = signals();
  const stopListening = (): void => {
    for (const signal of heard) Deno.removeSignalListener(signal, onSignal);
  };
  const onSignal = (): void => {
    if (interrupt.signal.aborted) return;
    // A second Ctrl-C ends the process at once.
    Deno.unrefTimer(setTimeout(stopListening, SAME_MS));
    terminal.warn(
      "Ending; what was trained is saved. Once more to quit at once.",
    );
    interrupt.abort();
  };
  for (const signal of heard) Deno.addSignalListener(signal, onSignal);
  elsewhere?.addEventListener("abort", () => {
    if (interrupt.signal.aborted) return;
    terminal.warn(`Ending, as ${elsewhere.reason} does.`);
    interrupt.abort();
  }, { once: true });
  // What was trained is saved then, too.
  let fault: UserError | undefined;
  const giveBack = takeModuleFaults((first) => {
    fault ??= first;
    interrupt.abort(fault);
  });
  try {
    const result = await body(interrupt.signal);
    if (fault) throw fault;
    return result;
  } catch (error) {
    const { aborted, reason } = interrupt.signal;
    if (!aborted || error !== reason || fault) throw error;
    terminal.warn("Interrupted before the first step.");
    return undefined;
  } finally {
    giveBack();
    stopListening();
  }
}
