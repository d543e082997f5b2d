/** @file The command line as a user meets it: a process of its own. */
import { createHash } from "node:crypto";
import { dirname, join } from "node:path";
import { cacheFolder } from "../../lib/engine/cache.ts";
import { locateEngine } from "../../lib/engine/locate.ts";

/** The entry of the command line. */
export const MAIN: string =
  new URL("../../lib/cli/main.ts", import.meta.url).pathname;

/** Root of the repository. */
export const ROOT: string = new URL("../../", import.meta.url).pathname;

/** What a process left behind. */
export interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Starts the command line; the caller waits for it or ends it. */
export const start = (...args: string[]): Deno.ChildProcess =>
  startWith({}, ...args);

/** The same, with variables of the environment. */
export function startWith(
  env: Readonly<Record<string, string>>,
  ...args: string[]
): Deno.ChildProcess {
  return new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-check", MAIN, ...args],
    cwd: ROOT,
    env: { NO_COLOR: "1", ...env },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
}

/** Waits for a process. */
export async function outcome(child: Deno.ChildProcess): Promise<Outcome> {
  const { code, stdout, stderr } = await child.output();
  const decoder = new TextDecoder();
  return {
    code,
    stdout: decoder.decode(stdout),
    stderr: decoder.decode(stderr),
  };
}

/** Runs the command line to its end. */
export function stopgrad(...args: string[]): Promise<Outcome> {
  return outcome(start(...args));
}

/** Runs the command line as a task does: with a set of permissions. */
export function withSet(
  set: string,
  ...args: readonly string[]
): Promise<Outcome> {
  return outcome(
    new Deno.Command(Deno.execPath(), {
      args: ["run", "--no-check", "--no-prompt", `-P=${set}`, "lib/cli/main.ts"]
        .concat(args),
      cwd: ROOT,
      env: { NO_COLOR: "1" },
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    }).spawn(),
  );
}

/** A pipeline whose loss is the module `mine.ts` beside it, in line 6. */
export const OWN_LOSS_PIPELINE = `
data: { source: photos, batch: 8 }
stages:
  views: { augment: [horizontal_flip], of: image, count: 2 }
  y: { encode: mlp, of: views, hidden: 4, out: 4 }
  loss: { use: ./mine.ts, between: [y, y] }
train: { steps: 1000000, optimizer: { sgd: { lr: 0.01 } } }
monitor: off
evaluate: false
`;

/** An honest loss for `mine.ts`, whose module does something more, in line 5. */
export const ownLoss = (more: string): string => `
import * as tf from "@tensorflow/tfjs";
import { defineLoss } from "stopgrad";
import { z } from "zod";
${more}
export default defineLoss({
  name: "mine",
  summary: "Squared distance",
  negatives: "none",
  options: z.strictObject({}),
  apply: (a, b) => tf.mean(tf.square(tf.sub(a, b))) as tf.Scalar,
});
`;

/** Runs `body` with a folder that is removed afterwards. */
export async function inFolder(
  body: (folder: string) => Promise<void>,
): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "stopgrad-test-" });
  try {
    await body(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** `--set` for each change. */
export function sets(...changes: readonly string[]): string[] {
  return changes.flatMap((change) => ["--set", change]);
}

/**
 * A residual network whose steps take a fifth of the shipped one's time. Eight
 * channels fill a vector register; fewer are no faster.
 */
export const SMALL_RESNET: readonly string[] = sets(
  "stages.y.width=8",
  "stages.y.stem=imagenet",
);

/** A run of a few steps that is over in seconds. */
export function brief(steps: number): string[] {
  return sets(
    "train.epochs=null",
    `train.steps=${steps}`,
    "train.schedule=cosine",
    "data.batch=32",
    "evaluate.linear=false",
  );
}

let engine: Promise<string | undefined> | undefined;

/** Where libtensorflow is in the cache: told to processes, it saves each the search. */
export const engineFolder = (): Promise<string | undefined> =>
  engine ??= locateEngine({ build: "cpu", cacheDir: cacheFolder() })
    .then((found) => found?.origin === "cache" ? dirname(found.cc) : undefined);

/** The only run under a folder. */
export async function onlyRun(
  runs: string,
  pipeline: string,
): Promise<string> {
  const names: string[] = [];
  for await (const { name } of Deno.readDir(join(runs, pipeline))) {
    names.push(name);
  }
  if (names.length !== 1) throw new Error(`runs: ${names.join(", ")}`);
  return join(runs, pipeline, names[0] as string);
}

/** Reads a JSON file of a run. */
export async function readJson(
  ...path: string[]
): Promise<Record<string, unknown>> {
  return JSON.parse(await Deno.readTextFile(join(...path)));
}

/** Digest of a run's metrics, but for the time that its steps took. */
export async function metricsDigest(run: string): Promise<string> {
  const text = await Deno.readTextFile(join(run, "metrics.jsonl"));
  const timeless = text.replaceAll(/"seconds":[\d.]+,/g, "");
  if (text !== "" && timeless === text) throw new Error(`${run}: no times`);
  return createHash("sha256").update(timeless).digest("hex");
}
