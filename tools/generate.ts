/**
 * @file Writes what follows from the definitions: the JSON Schema of pipelines,
 * their types in TypeScript, the reference page. `deno task generate`; a test
 * holds what is committed to it.
 */
import { pipelineSchemaText } from "../lib/pipeline/explain/json_schema.ts";
import { referencePage } from "../lib/pipeline/explain/reference_page.ts";
import { configTypes } from "../lib/pipeline/explain/types_text.ts";

/** Files that are made, and what makes them. */
export const GENERATED: Readonly<Record<string, () => string>> = {
  "pipelines/pipeline.schema.json": pipelineSchemaText,
  "lib/pipeline/stage_types.ts": configTypes,
  "docs/reference.md": referencePage,
};

/** Text as `deno fmt` has it. */
async function formatted(file: string, text: string): Promise<string> {
  const extension = file.split(".").at(-1) ?? "";
  const child = new Deno.Command(Deno.execPath(), {
    args: ["fmt", `--ext=${extension}`, "-"],
    stdin: "piped",
    stdout: "piped",
  }).spawn();
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode(text));
  await writer.close();
  return new TextDecoder().decode((await child.output()).stdout);
}

/** What a generated file has to hold. */
export const generated = async (file: string): Promise<string> =>
  await formatted(file, GENERATED[file]?.() ?? "");

if (import.meta.main) {
  for (const file of Object.keys(GENERATED)) {
    await Deno.writeTextFile(file, await generated(file));
    console.log(file);
  }
}
