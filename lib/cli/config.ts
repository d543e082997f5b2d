/** @file `config FILE`: the resolved pipeline, with the origin of every value. */
import { explain } from "../pipeline/explain.ts";
import { loadPipeline } from "../pipeline/load.ts";
import { EXIT, type ExitCode } from "./exit.ts";

/** Runs the command. */
export async function config(
  file: string,
  { set }: { readonly set: readonly string[] },
): Promise<ExitCode> {
  const loaded = await loadPipeline(file, { set });
  if (loaded.warnings) console.error(loaded.warnings);
  const text = await Deno.readTextFile(file);
  console.log(explain(loaded, { file, text, set }).trimEnd());
  return EXIT.success;
}
