/** @file Ctrl-C as a way out that loses nothing. */
import type { Terminal } from "./reporter.ts";

/** Ctrl-C, and what a scheduler or a shutdown sends before it kills. */
const SIGNALS: readonly Deno.Signal[] = Deno.build.os === "windows"
  ? ["SIGINT"]
  : ["SIGINT", "SIGTERM"];

/** Runs `body`, with Ctrl-C as a way out once the batch at hand is done. */
export async function interruptible<T>(
  terminal: Terminal,
  body: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const interrupt = new AbortController();
  const stopListening = (): void => {
    for (const signal of SIGNALS) Deno.removeSignalListener(signal, onSignal);
  };
  const onSignal = (): void => {
    // A second Ctrl-C ends the process at once.
    stopListening();
    terminal.warn("Finishing the batch and saving; once more to quit at once.");
    interrupt.abort();
  };
  for (const signal of SIGNALS) Deno.addSignalListener(signal, onSignal);
  try {
    return await body(interrupt.signal);
  } finally {
    stopListening();
  }
}
