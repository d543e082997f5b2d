/** @file `check FILE...`: every problem of pipelines, before anything runs. */
import { basename } from "node:path";
import { fileURLToPath } from "node:url";
import { inspect } from "../apart/inspect.ts";
import { UserError } from "../errors.ts";
import { EXIT, type ExitCode } from "./exit.ts";
import { complain, print } from "./say.ts";

/** A complaint of the type checker: code, message, then the file's own line. */
const COMPLAINT =
  /(TS\d+) \[ERROR\]: (.*)(?:\n(?!\s+at ).*)*?\n\s+at \S*\/([^/]+:\d+:\d+)/g;

/** Ten seconds are usual for the first module, on a machine that does nothing else. */
const TYPE_CHECK_S = 300;

/**
 * Runs Deno: by its name, as the permission set `check` names it, and by its
 * path where it is on no `PATH` and everything is allowed.
 */
async function deno(args: readonly string[]): Promise<Deno.CommandOutput> {
  const options: Deno.CommandOptions = {
    args: [...args],
    env: { NO_COLOR: "1" },
    stdout: "null",
    stderr: "piped",
    // Types can be made that take for ever.
    signal: AbortSignal.timeout(1000 * TYPE_CHECK_S),
  };
  try {
    return await new Deno.Command("deno", options).output();
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  try {
    return await new Deno.Command(Deno.execPath(), options).output();
  } catch (error) {
    if (!(error instanceof Deno.errors.NotCapable)) throw error;
    throw new UserError(
      'Cannot check the types of your modules: "deno" is not on the PATH.\nAdd its folder to the PATH, or run `npx deno task check` in the folder of Stopgrad.',
    );
  }
}

/**
 * What the type checker says about a user's module, a line each. It executes
 * nothing, and fetches nothing: what a module may import is there.
 */
async function typeErrors(file: string): Promise<readonly string[]> {
  const config = fileURLToPath(new URL("../../deno.json", import.meta.url));
  const { success, signal, code, stderr } = await deno(
    ["check", "--quiet", "--cached-only", "--frozen", "--config", config, file],
  );
  if (success) return [];
  if (signal) {
    return [
      `${
        basename(file)
      }: Deno was ended by ${signal} before it had checked them; it may take ${TYPE_CHECK_S} s`,
    ];
  }
  const text = new TextDecoder().decode(stderr).trim();
  const found = [...text.matchAll(COMPLAINT)].map(([, code, message, place]) =>
    `${place}: ${message} (${code})`
  );
  return found.length > 0 ? found : [
    `${basename(file)}: ${
      text.split("\n")[0] || `deno check ended with code ${code}`
    }`,
  ];
}

/** Runs the command. */
export async function check(
  files: readonly string[],
  { set }: { readonly set: readonly string[] },
): Promise<ExitCode> {
  let code: ExitCode = EXIT.success;
  // The points of a sweep name the same modules.
  const checked = new Map<string, Promise<readonly string[]>>();
  const typeCheck = (module: string): Promise<readonly string[]> => {
    const known = checked.get(module) ?? typeErrors(module);
    checked.set(module, known);
    return known;
  };
  for (const file of files) {
    try {
      const { text, points, outline } = await inspect(file, {
        set,
        typeCheck,
      });
      if (text) complain(text);
      const sweep = points > 0 ? `, ${points} points` : "";
      if (outline) print(`${file}: ok${sweep}`);
      else code = EXIT.usage;
    } catch (error) {
      // One file that cannot be read does not hide what is wrong with others.
      if (!(error instanceof UserError)) throw error;
      complain(error.message);
      code = EXIT.usage;
    }
  }
  return code;
}
