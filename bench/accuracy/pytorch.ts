/** @file PyTorch's side: reference.py in a process of its own. */
import { fileURLToPath } from "node:url";
import { UserError } from "../../lib/errors.ts";
import type { Outcome, Training } from "./training.ts";

/** Runs a script of this folder; its last line is JSON. */
export async function runPython(
  python: string,
  script: string,
  ...args: readonly string[]
): Promise<unknown> {
  const { success, stdout } = await new Deno.Command(python, {
    // -B: no compiled files beside the sources.
    args: ["-B", fileURLToPath(new URL(script, import.meta.url)), ...args],
    stdout: "piped",
    stderr: "inherit",
  }).output();
  if (!success) throw new UserError(`${script} ${args.join(" ")} failed.`);
  const lines = new TextDecoder().decode(stdout).trim().split("\n");
  return JSON.parse(lines.at(-1) ?? "");
}

/**
 * Trains and evaluates.
 *
 * @param folder What `writeForPython` wrote.
 * @param initial What `writeFirstWeights` wrote.
 */
export async function trainPyTorch(
  { method, seed, epochs, threads }: Training,
  { folder, initial }: { readonly folder: string; readonly initial: string },
  python: string,
): Promise<Outcome> {
  const options = { seed, epochs, threads, initial };
  return await runPython(
    python,
    "reference.py",
    method,
    folder,
    ...Object.entries(options).flatMap((
      [name, value],
    ) => [`--${name}`, `${value}`]),
  ) as Outcome;
}
