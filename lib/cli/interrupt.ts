/** @file Ctrl-C as a way out that loses nothing. */
import type { Terminal } from "./reporter.ts";

/** Runs `body`, with Ctrl-C as a way out once the step at hand is done. */
export async function interruptible<T>(
  terminal: Terminal,
  body: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const interrupt = new AbortController();
  const onSignal = (): void => {
    // A second Ctrl-C ends the process at once.
    Deno.removeSignalListener("SIGINT", onSignal);
    terminal.warn("Finishing the step and saving; once more to quit at once.");
    interrupt.abort();
  };
  Deno.addSignalListener("SIGINT", onSignal);
  try {
    return await body(interrupt.signal);
  } finally {
    Deno.removeSignalListener("SIGINT", onSignal);
  }
}
