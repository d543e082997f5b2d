/** @file `check FILE...`: every problem of pipelines, before anything runs. */
import { userFiles } from "../pipeline/custom.ts";
import { checkPipeline } from "../pipeline/load.ts";
import { EXIT, type ExitCode } from "./exit.ts";

/** Complaints of the type checker about a user's modules; none when they are sound. */
async function typeErrors(files: readonly string[]): Promise<string> {
  if (files.length === 0) return "";
  const config = new URL("../../deno.json", import.meta.url).pathname;
  const { success, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["check", "--quiet", "--config", config, ...files],
    env: { NO_COLOR: "1" },
    stdout: "null",
    stderr: "piped",
  }).output();
  return success ? "" : new TextDecoder().decode(stderr).trim();
}

/** Runs the command. */
export async function check(
  files: readonly string[],
  { set }: { readonly set: readonly string[] },
): Promise<ExitCode> {
  let code: ExitCode = EXIT.success;
  for (const file of files) {
    const { text, loaded } = await checkPipeline(file, { set });
    if (text) console.error(text);
    const all = loaded
      ? [loaded, ...loaded.sweep?.points.map((point) => point.loaded) ?? []]
      : [];
    const own = all.flatMap((one) => userFiles(one.value, one.baseDir));
    const complaints = await typeErrors([...new Set(own)]);
    if (complaints) console.error(complaints);
    const points = all.length > 1 ? `, ${all.length - 1} points` : "";
    if (loaded && !complaints) console.log(`${file}: ok${points}`);
    else code = EXIT.usage;
  }
  return code;
}
