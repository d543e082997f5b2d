/** @file `run FILE`: trains a pipeline. */
import { loadPipeline } from "../pipeline/load.ts";
import { train, type TrainOptions } from "../train/train.ts";
import { EXIT, type ExitCode } from "./exit.ts";
import { processTerminal, reporter } from "./reporter.ts";

/** Options of the command. */
export interface RunCommand {
  readonly set: readonly string[];
  readonly device?: "cpu" | "gpu";
  readonly threads?: number;
  readonly eager?: boolean;
  readonly runsDir: string;
}

const CODES = {
  finished: EXIT.success,
  stopped: EXIT.stopped,
  interrupted: EXIT.interrupted,
} as const;

/** Trains `options.resume`, or from the start, with Ctrl-C as a way out. */
export async function trainOnTerminal(
  loaded: Parameters<typeof train>[0],
  options: TrainOptions,
): Promise<ExitCode> {
  const terminal = processTerminal();
  const interrupt = new AbortController();
  const onSignal = (): void => {
    // A second Ctrl-C ends the process at once.
    Deno.removeSignalListener("SIGINT", onSignal);
    terminal.warn("Finishing the step and saving; once more to quit at once.");
    interrupt.abort();
  };
  Deno.addSignalListener("SIGINT", onSignal);
  try {
    const { end } = await train(loaded, {
      ...options,
      signal: interrupt.signal,
      onEvent: reporter(terminal),
    });
    return CODES[end];
  } finally {
    Deno.removeSignalListener("SIGINT", onSignal);
  }
}

/** Runs the command. */
export async function run(
  file: string,
  { set, device, threads, eager, runsDir }: RunCommand,
): Promise<ExitCode> {
  const loaded = await loadPipeline(file, { set });
  if (loaded.warnings) console.error(loaded.warnings);
  return await trainOnTerminal(loaded, {
    runsDir,
    ...(device ? { device } : {}),
    ...(threads ? { threads } : {}),
    ...(eager ? { eager } : {}),
  });
}
