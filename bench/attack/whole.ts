/** @file A small run, whole or cut off: what the attacks are made on. */
import { createHash } from "node:crypto";
import { join } from "node:path";
import { ended, start } from "./stopgrad.ts";

const STEPS = 40;

const PIPELINE = `
data: { source: photos, batch: 16 }
stages:
  views: { augment: [horizontal_flip], of: image, count: 2 }
  y: { encode: mlp, of: views, hidden: 16, out: 16 }
  loss: { loss: nt_xent, between: [y, y], pairs: unordered }
train: { steps: ${STEPS}, optimizer: { sgd: { lr: 0.01, momentum: 0.9 } } }
checkpoint: { every: ${4 / 450}, keep: 2 }
evaluate: false
`;

/** Runs and their files, in a folder of their own. */
export interface Ground {
  readonly folder: string;
  readonly pipeline: string;
  /** Digests of what a whole run leaves. */
  readonly whole: string;
  /** Folder of a run that was cut off after some checkpoints. */
  readonly half: string;
}

/** Digest of what must not depend on how a run came about; "" where it is not there. */
export async function digestOf(run: string): Promise<string> {
  const hash = createHash("sha256");
  const last = `checkpoints/step-${String(STEPS).padStart(8, "0")}.safetensors`;
  for (const name of [last, "metrics.jsonl"]) {
    const bytes = await Deno.readFile(join(run, name)).catch(() => undefined);
    if (!bytes) return "";
    // Times are no part of it.
    hash.update(
      name === "metrics.jsonl"
        ? new TextDecoder().decode(bytes)
          .replaceAll(/"seconds":[\d.]+,/g, "")
        : bytes,
    );
  }
  return hash.digest("hex");
}

/** The only run of a folder of runs. */
export async function runIn(runs: string): Promise<string | undefined> {
  try {
    for await (const { name } of Deno.readDir(join(runs, "attack"))) {
      return join(runs, "attack", name);
    }
  } catch {
    // None has begun.
  }
  return undefined;
}

/** Makes a whole run, and one that was killed on its way. */
export async function makeGround(folder: string): Promise<Ground> {
  const pipeline = join(folder, "attack.yaml");
  await Deno.writeTextFile(pipeline, PIPELINE);
  const way = { set: "train" };
  const runs = join(folder, "whole");
  const { code, text } = await ended(
    start(way, "run", pipeline, "--runs-dir", runs),
  );
  if (code !== 0) throw new Error(text);
  const whole = await digestOf(await runIn(runs) ?? "");
  const halves = join(folder, "half");
  const child = start(way, "run", pipeline, "--runs-dir", halves);
  const output = child.output();
  for (;;) {
    const run = await runIn(halves);
    const text = run &&
      await Deno.readTextFile(join(run, "metrics.jsonl")).catch(() => "");
    if (text && text.split("\n").length > STEPS / 2) break;
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
  child.kill("SIGKILL");
  await output;
  return { folder, pipeline, whole, half: await runIn(halves) ?? "" };
}
