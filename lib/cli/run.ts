/** @file `run FILE`: trains a pipeline. */
import { loadPipeline } from "../pipeline/load.ts";
import { sweep } from "../train/sweep.ts";
import { train, type TrainOptions } from "../train/train.ts";
import { UserError } from "../errors.ts";
import { type ClusterOptions, ClusterTask } from "./cluster.ts";
import { EXIT, type ExitCode } from "./exit.ts";
import { interruptible } from "./interrupt.ts";
import { announceModule } from "./modules.ts";
import { processTerminal, reporter } from "./reporter.ts";
import { complain } from "./say.ts";
import { studioBeside } from "./studio_beside.ts";
import { sweepOnTerminal } from "./sweep.ts";

/** Options of the command. */
export interface RunCommand extends ClusterOptions {
  readonly set: readonly string[];
  /** Runs this point of the file's sweep alone. */
  readonly point?: string | undefined;
  readonly device?: "cpu" | "gpu";
  readonly threads?: number;
  readonly replicas?: number;
  readonly eager?: boolean;
  readonly xla?: boolean;
  readonly runsDir: string;
  /** Opens the studio beside the run. */
  readonly studio?: boolean;
}

const CODES = {
  finished: EXIT.success,
  stopped: EXIT.stopped,
  interrupted: EXIT.interrupted,
} as const;

/** Trains `options.resume`, or from the start. */
export async function trainOnTerminal(
  loaded: Parameters<typeof train>[0],
  options: TrainOptions,
): Promise<ExitCode> {
  const terminal = processTerminal();
  const result = await interruptible(
    terminal,
    (signal) =>
      train(loaded, { ...options, signal, onEvent: reporter(terminal) }),
  );
  return CODES[result?.end ?? "interrupted"];
}

/** Runs the command. */
export async function run(
  file: string,
  {
    set,
    point,
    device,
    threads,
    replicas,
    eager,
    xla,
    runsDir,
    studio,
    ...cluster
  }: RunCommand,
): Promise<ExitCode> {
  const task = ClusterTask.of({ ...cluster, device, threads, replicas });
  const loaded = await loadPipeline(file, {
    set,
    point,
    onModule: announceModule,
  });
  if (task && loaded.sweep) {
    throw new UserError(
      `Cannot run a sweep on a cluster: "${file}" is one.\nGive --point NAME, for one run at a time.`,
    );
  }
  // What the first task warns of need not be said twice.
  if (task && !task.leads) return await task.follow(loaded);
  if (loaded.warnings) complain(loaded.warnings);
  const options = {
    runsDir,
    ...(device ? { device } : {}),
    ...(threads ? { threads } : {}),
    ...(replicas ? { replicas } : {}),
    ...(eager ? { eager } : {}),
    ...(xla === undefined ? {} : { xla }),
  };
  const beside = studio ? await studioBeside({ runs: runsDir }) : undefined;
  try {
    const code = loaded.sweep
      ? await sweepOnTerminal((more) => sweep(loaded, { ...options, ...more }))
      : await (task?.lead(loaded, options) ??
        trainOnTerminal(loaded, options));
    // Ctrl-C has ended both.
    if (code !== EXIT.interrupted) await beside?.linger();
    return code;
  } finally {
    beside?.close();
  }
}
