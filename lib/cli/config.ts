/** @file `config FILE`: the resolved pipeline, with the origin of every value. */
import { outlined } from "../apart/inspect.ts";
import { explainOutline } from "../pipeline/explain/explain.ts";
import { readRegularText } from "../regular_file.ts";
import { EXIT, type ExitCode } from "./exit.ts";
import { complain, print } from "./say.ts";

/** Runs the command. */
export async function config(
  file: string,
  { set }: { readonly set: readonly string[] },
): Promise<ExitCode> {
  const { warnings, ...outline } = await outlined(file, { set });
  if (warnings) complain(warnings);
  const text = await readRegularText(file);
  print(explainOutline(outline, { file, text, set }).trimEnd());
  return EXIT.success;
}
