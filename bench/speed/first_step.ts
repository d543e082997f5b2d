/** @file Time from a command to the first step of training. */
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Worker } from "./bench.ts";
import type { OurJob, TheirJob } from "./jobs.ts";
import type { Workplace } from "./settings.ts";
import { ProcessGroup, pythonEnvironment } from "./worker.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const SCRIPT = fileURLToPath(
  new URL("theirs/first_step.py", import.meta.url),
);

/** Milliseconds between two looks at the run's folder. */
const LOOK = 5;

/** Whether a run under `folder` has logged a step. */
async function hasStep(folder: string): Promise<boolean> {
  try {
    for await (const { name } of Deno.readDir(folder)) {
      for await (const run of Deno.readDir(join(folder, name))) {
        const file = join(folder, name, run.name, "metrics.jsonl");
        const { size } = await Deno.stat(file);
        if (size > 0) return true;
      }
    }
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  return false;
}

/** `deno task run`, until its metrics have a line. */
async function ours(
  { pipeline, set }: Extract<OurJob, { job: "first-step" }>,
  { settings, data, folder: scratch }: Workplace,
): Promise<() => Promise<number>> {
  const folder = await data();
  const changes = [...set, `data.path=${folder}`]
    .flatMap((change) => ["--set", change]);
  return async () => {
    const runs = await Deno.makeTempDir({ dir: scratch });
    const start = performance.now();
    const process = new ProcessGroup(Deno.execPath(), [
      "task",
      "--cwd",
      ROOT,
      "run",
      join(ROOT, "pipelines", "cifar10", `${pipeline}.yaml`),
      ...changes,
      "--device",
      "cpu",
      "--threads",
      `${settings.threads}`,
      "--runs-dir",
      runs,
    ]);
    // Fails with the command's message when the command ends.
    const ended = process.ended();
    try {
      while (!await hasStep(runs)) {
        const pause = new Promise((done) => setTimeout(done, LOOK));
        await Promise.race([pause, ended]);
      }
      return (performance.now() - start) / 1000;
    } finally {
      ended.catch(() => {});
      await process.end();
      await Deno.remove(runs, { recursive: true });
    }
  };
}

/** A script with lightly, until it says that it did a step. */
async function theirs(
  job: Extract<TheirJob, { job: "first-step" }>,
  { settings, data, python }: Workplace,
): Promise<() => Promise<number>> {
  const { threads } = settings;
  const asked = JSON.stringify({ ...job, threads, folder: await data() });
  const command = await python();
  const args = ["-B", SCRIPT, asked];
  return async () => {
    const start = performance.now();
    const process = new ProcessGroup(command, args, pythonEnvironment(threads));
    try {
      // Libraries may have more to say.
      while (await process.line() !== "step");
      return (performance.now() - start) / 1000;
    } finally {
      await process.end();
    }
  };
}

/** How to start one side's command; each call starts it anew. */
export function firstStep(
  { host, job }: Worker,
  place: Workplace,
): Promise<() => Promise<number>> {
  if (job.job !== "first-step") {
    throw new Error(`internal: "${job.job}" is no command`);
  }
  return host === "ours"
    ? ours(job as Extract<OurJob, { job: "first-step" }>, place)
    : theirs(job as Extract<TheirJob, { job: "first-step" }>, place);
}
