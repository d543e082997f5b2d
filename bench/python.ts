/** @file Virtual environments with pinned packages: made once, in the cache folder. */
import { join } from "node:path";
import { cacheFolder } from "../lib/engine/cache.ts";
import { UserError } from "../lib/errors.ts";

/** What stands in an environment. */
export interface PythonEnvironment {
  /** Its folder in the cache. */
  readonly name: string;
  /** A requirements file. */
  readonly requirements: URL;
  /** One whose packages come without what they depend on. */
  readonly bare?: URL;
}

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

const readPins = async (file: URL | undefined): Promise<string[]> =>
  file ? (await Deno.readTextFile(file)).trim().split("\n") : [];

/**
 * Interpreter of a virtual environment with the pinned packages; set up when
 * it is missing.
 *
 * @throws {UserError} When `python3` or the packages cannot be had.
 */
export async function pythonWith(
  { name, requirements, bare }: PythonEnvironment,
): Promise<string> {
  const pins = await readPins(requirements);
  const barePins = await readPins(bare);
  const all = [...pins, ...barePins];
  // Other pins are another folder, so an old one is never half updated.
  const folder = join(cacheFolder(), name, all.join("-"));
  const python = join(folder, "bin", "python");
  const complete = join(folder, "complete");
  try {
    await Deno.stat(complete);
    return python;
  } catch {
    console.error(`Setting up ${all.join(", ")} in ${folder}`);
  }
  await run("python3", ["-m", "venv", "--clear", folder]);
  const install = ["-m", "pip", "install", "--quiet"];
  await run(python, [...install, ...pins]);
  if (bare) await run(python, [...install, "--no-deps", ...barePins]);
  await Deno.writeTextFile(complete, "");
  return python;
}
