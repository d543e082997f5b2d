/** @file A shipped pipeline, run for some hundred steps by the command line. */
import { onlyRun, readJson, sets, stopgrad } from "./cli.ts";
import { SHIPPED } from "./shipped.ts";

/** Short enough to be over in seconds, with a small network. */
export const short = (steps: number): string[] =>
  sets(
    "data.batch=32",
    "train.epochs=null",
    `train.steps=${steps}`,
    "evaluate=false",
  );

/** How a run ended. */
export interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
  /** The run's folder. */
  readonly run: string;
  readonly summary: Readonly<Record<string, unknown>>;
}

/** Runs a shipped pipeline with changes, and reads what it left. */
export async function runs(
  method: string,
  ...args: readonly string[]
): Promise<Ended & AsyncDisposable> {
  const folder = await Deno.makeTempDir({ prefix: "stopgrad-test-" });
  const file = `pipelines/${method}.yaml`;
  const ended = await stopgrad("run", file, "--runs-dir", folder, ...args);
  const { name = method } = SHIPPED.find((one) => one.method === method) ?? {};
  const run = await onlyRun(folder, name);
  return {
    ...ended,
    run,
    summary: await readJson(run, "summary.json"),
    [Symbol.asyncDispose]: () => Deno.remove(folder, { recursive: true }),
  };
}
