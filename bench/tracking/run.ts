/**
 * @file Trains a run that is killed and resumed, with TensorBoard's files and a
 * real MLflow server, and has both read back by their own readers.
 *
 * `deno run -A bench/tracking/run.ts`. Exit code 1 when something is not as the
 * run has it; README.md gets the table.
 */
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { UserError } from "../../lib/errors.ts";
import { exitWith } from "../main.ts";
import { markdownTable, writeResult } from "../markdown.ts";
import { pythonWith } from "../python.ts";

const PORT = 5055;
const URL_OF_SERVER = `http://127.0.0.1:${PORT}`;
const STEPS = 200;
/** The run is killed after so many, and goes on from a checkpoint before. */
const KILLED = 90;

const PIPELINE = `name: tracked
data: { source: photos, batch: 32 }
stages:
  views: { augment: simsiam, of: image, count: 2 }
  y: { encode: mlp, of: views, hidden: 32, out: 16 }
  t: { ema: y, of: views }
  p: { predict: mlp, of: y, hidden: 16, out: 16 }
  loss: { loss: cosine, between: [p, stop_gradient(t)], pairs: cross }
train:
  steps: ${STEPS}
  optimizer: { sgd: { lr: 0.05, momentum: 0.9 } }
  schedule: cosine
  ema: { from: 0.9, to: 1 }
monitor: { collapse: warn, dimensional_collapse: warn, every: 10 }
checkpoint: { every: 0.11 }
track:
  tensorboard: true
  mlflow: { url: "${URL_OF_SERVER}", experiment: interop }
`;

interface Found {
  readonly reader: string;
  readonly what: string;
  readonly count: number;
  readonly wrong: number;
}

const here = (name: string): string =>
  fileURLToPath(new URL(name, import.meta.url));

const pause = (ms: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, ms));

const stopgrad = (...args: string[]): Deno.ChildProcess =>
  new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-check", here("../../lib/cli/main.ts"), ...args],
    stdout: "null",
    stderr: "inherit",
  }).spawn();

/** The only folder in another. */
async function within(folder: string): Promise<string> {
  const [entry] = await Array.fromAsync(Deno.readDir(folder));
  if (!entry) throw new Error(`${folder} is empty`);
  return join(folder, entry.name);
}

async function serverUp(): Promise<void> {
  for (let second = 0; second < 120; second++) {
    const response = await fetch(`${URL_OF_SERVER}/health`).catch(() => null);
    await response?.body?.cancel();
    if (response?.ok) return;
    await pause(1000);
  }
  throw new UserError("The MLflow server did not start.");
}

/** Trains, killed once; gives the run's folder. */
async function trained(folder: string): Promise<string> {
  const file = join(folder, "tracked.yaml");
  const runs = join(folder, "runs");
  await Deno.writeTextFile(file, PIPELINE);
  const first = stopgrad("run", file, "--runs-dir", runs);
  const lines = async (): Promise<number> => {
    try {
      const run = await within(join(runs, "tracked"));
      const text = await Deno.readTextFile(join(run, "metrics.jsonl"));
      return text.split("\n").length - 1;
    } catch {
      return 0;
    }
  };
  while (await lines() < KILLED) await pause(20);
  first.kill("SIGKILL");
  await first.status;
  const run = await within(join(runs, "tracked"));
  const { success } = await stopgrad("resume", run).status;
  if (!success) throw new UserError("The run could not be resumed.");
  return run;
}

async function main(): Promise<number> {
  const { values: { python: given } } = parseArgs({
    options: { python: { type: "string" } },
  });
  const python = given ?? await pythonWith({
    name: "tracking",
    requirements: new URL("requirements.txt", import.meta.url),
  });
  const folder = await Deno.makeTempDir({ prefix: "stopgrad-tracking-" });
  const server = new Deno.Command(python, {
    args: [
      "-m",
      "mlflow",
      "server",
      "--host",
      "127.0.0.1",
      "--port",
      `${PORT}`,
      "--workers",
      "1",
      "--backend-store-uri",
      `sqlite:///${join(folder, "mlflow.db")}`,
    ],
    cwd: folder,
    stdout: "null",
    stderr: "null",
  }).spawn();
  try {
    await serverUp();
    const run = await trained(folder);
    const { stdout, success } = await new Deno.Command(python, {
      args: [here("check.py"), run, URL_OF_SERVER],
      stderr: "inherit",
    }).output();
    if (!success) throw new UserError("The run could not be read back.");
    const found = new TextDecoder().decode(stdout).trim().split("\n")
      .filter((line) => line.startsWith("{"))
      .map((line): Found => JSON.parse(line));
    const table = markdownTable([
      ["reader", "what", "read back", "not as the run has it"],
      ...found.map(({ reader, what, count, wrong }) => [
        reader,
        what,
        String(count),
        String(wrong),
      ]),
    ]);
    console.log(table);
    await writeResult(new URL("README.md", import.meta.url), table);
    return found.every(({ count, wrong }) => count > 0 && wrong === 0) ? 0 : 1;
  } finally {
    server.kill("SIGTERM");
    await server.status;
    await Deno.remove(folder, { recursive: true });
  }
}

if (import.meta.main) await exitWith(main);
