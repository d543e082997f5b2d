/** @file `check FILE...`: every problem of pipelines, before anything runs. */
import { checkPipeline } from "../pipeline/load.ts";
import { EXIT, type ExitCode } from "./exit.ts";

/** Runs the command. */
export async function check(
  files: readonly string[],
  { set }: { readonly set: readonly string[] },
): Promise<ExitCode> {
  let code: ExitCode = EXIT.success;
  for (const file of files) {
    const { text, loaded } = await checkPipeline(file, { set });
    if (text) console.error(text);
    if (loaded) console.log(`${file}: ok`);
    else code = EXIT.usage;
  }
  return code;
}
