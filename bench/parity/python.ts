/** @file A Python with PyTorch: made once, in the cache folder. */
import { join } from "node:path";
import { cacheFolder } from "../../lib/engine/cache.ts";
import { UserError } from "../../lib/errors.ts";

const REQUIREMENTS = new URL("requirements.txt", import.meta.url);

async function run(command: string, args: readonly string[]): Promise<void> {
  const { success } = await new Deno.Command(command, {
    args: [...args],
    stdout: "inherit",
    stderr: "inherit",
  }).output();
  if (!success) {
    throw new UserError(
      `Cannot set PyTorch up: "${command} ${args.join(" ")}" failed.`,
    );
  }
}

/**
 * Interpreter of a virtual environment with the pinned packages; set up when
 * it is missing.
 *
 * @throws {UserError} When `python3` or the packages cannot be had.
 */
export async function pythonWithTorch(): Promise<string> {
  const pins = (await Deno.readTextFile(REQUIREMENTS)).trim().split("\n");
  // Other pins are another folder, so an old one is never half updated.
  const folder = join(cacheFolder(), "parity", pins.join("-"));
  const python = join(folder, "bin", "python");
  const complete = join(folder, "complete");
  try {
    await Deno.stat(complete);
    return python;
  } catch {
    console.error(`Setting up ${pins.join(" and ")} in ${folder}`);
  }
  await run("python3", ["-m", "venv", "--clear", folder]);
  await run(python, ["-m", "pip", "install", "--quiet", ...pins]);
  await Deno.writeTextFile(complete, "");
  return python;
}
