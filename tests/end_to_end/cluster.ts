/** @file The tasks of a cluster as processes of this machine. */
import { join } from "node:path";
import { engineFolder, onlyRun, type Outcome, outcome, ROOT } from "./cli.ts";
import { freePorts } from "../helpers/ports.ts";
import { linesOf, pause } from "./fingerprint.ts";

/** Two tasks train it in seconds; its checkpoints are two steps apart. */
export const clusterPipeline = (steps: number): string => `
data: { source: photos, batch: 8 }
stages:
  views: { augment: [horizontal_flip], of: image, count: 2 }
  y: { encode: mlp, of: views, hidden: 32, out: 8 }
  loss: { loss: nt_xent, between: [y, y], pairs: unordered }
train: { steps: ${steps}, optimizer: { sgd: { lr: 0.01, momentum: 0.9 } } }
monitor: off
checkpoint: { every: ${2 / 900}, keep: 2 }
evaluate: false
`;

/** Starts a command as a task of a cluster. */
async function startTask(
  task: number,
  ports: readonly number[],
  ...args: readonly string[]
): Promise<Deno.ChildProcess> {
  const folder = await engineFolder();
  return new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "--no-check",
      "--no-prompt",
      // On one machine the permissions of a run are enough.
      task === 0 ? "-P=cluster" : "-P=train",
      "lib/cli/main.ts",
      ...args,
      "--cluster",
      ports.map((port) => `127.0.0.1:${port}`).join(","),
      "--task",
      String(task),
      // Also where the machine that tests has an address of the internet.
      "--cluster-public",
    ],
    cwd: ROOT,
    env: {
      NO_COLOR: "1",
      ...(folder ? { STOPGRAD_LIBTENSORFLOW: folder } : {}),
    },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
}

/** What ends a run. */
export interface Blow {
  readonly signal: Deno.Signal;
  readonly task: number;
  /** Steps that it does before. */
  readonly steps: number;
  /** Milliseconds after that. */
  readonly delay?: number;
}

/**
 * Runs a command by two tasks, and sends one of them a signal after some steps.
 *
 * @param runs Folder of the runs of `pipeline`, of which there is one.
 */
export async function twoTasks(
  args: readonly string[],
  runs: string,
  pipeline: string,
  blow?: Blow,
): Promise<readonly [Outcome, Outcome]> {
  const ports = freePorts(2);
  const children = [
    await startTask(0, ports, ...args),
    await startTask(1, ports, ...args),
  ] as const;
  let over = false;
  const outcomes = children.map((child) =>
    outcome(child).finally(() => over = true)
  ) as unknown as readonly [Promise<Outcome>, Promise<Outcome>];
  if (blow) {
    const lines = async () =>
      await linesOf(await onlyRun(runs, pipeline).catch(() => join(runs, "-")));
    const before = await lines();
    // What a resumed run forgets comes again.
    while (!over && await lines() < before + blow.steps) await pause(5);
    await pause(blow.delay ?? 0);
    const child = children[blow.task];
    if (!over) child?.kill(blow.signal);
    if (blow.signal === "SIGSTOP") {
      await outcomes[1 - blow.task];
      child?.kill("SIGCONT");
    }
  }
  return await Promise.all(outcomes);
}
