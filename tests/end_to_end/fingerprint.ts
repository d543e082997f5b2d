/** @file What a run left, compared with what another one left. */
import { createHash } from "node:crypto";
import { join } from "node:path";
import { metricsDigest } from "./cli.ts";

const sha256 = async (path: string): Promise<string> =>
  createHash("sha256").update(await Deno.readFile(path)).digest("hex");

/** Names in a folder; none where it is not there yet. */
export const namesIn = async (folder: string): Promise<string[]> =>
  (await Array.fromAsync(Deno.readDir(folder)).catch(() => []))
    .map(({ name }) => name).sort();

/** Everything of a finished run that must not depend on how it came about. */
export async function fingerprint(
  run: string,
): Promise<Record<string, string>> {
  const checkpoints = join(run, "checkpoints");
  const files = [join(run, "pipeline.yaml")];
  for (const name of await namesIn(checkpoints)) {
    files.push(join(checkpoints, name));
  }
  const digests = files.map(async (file) =>
    [file.slice(run.length), await sha256(file)] as const
  );
  return {
    ...Object.fromEntries(await Promise.all(digests)),
    metrics: await metricsDigest(run),
  };
}

/** Lines of `metrics.jsonl`; 0 where there is none yet. */
export async function linesOf(run: string): Promise<number> {
  const text = await Deno.readTextFile(join(run, "metrics.jsonl"))
    .catch(() => "");
  return text.split("\n").length - 1;
}

/** Waits for so many milliseconds. */
export const pause = (ms: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, ms));

/** Waits until a run, which may not be there yet, has logged so many steps. */
export async function stepsLogged(
  runOf: () => Promise<string>,
  steps: number,
): Promise<void> {
  while (await linesOf(await runOf().catch(() => "")) < steps) await pause(20);
}
