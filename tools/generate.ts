/**
 * @file Writes what follows from the definitions and the pipelines: the JSON
 * Schema of pipelines, their types in TypeScript, the reference page, a page for
 * each method. `deno task generate`; a test holds what is committed to it. A new
 * method's graph is drawn, too; `deno task pictures` draws all of them anew.
 */
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { pipelineSchemaText } from "../lib/pipeline/explain/json_schema.ts";
import { referencePage } from "../lib/pipeline/explain/reference_page.ts";
import { configTypes } from "../lib/pipeline/explain/types_text.ts";
import { graphFile, graphSvg } from "./methods/graphs.ts";
import { METHODS } from "./methods/names.ts";
import { METHOD_PAGES } from "./methods/pages.ts";

/** Files that are made, and what makes them. */
export const GENERATED: Readonly<
  Record<string, () => string | Promise<string>>
> = {
  "pipelines/pipeline.schema.json": pipelineSchemaText,
  "lib/pipeline/stage_types.ts": configTypes,
  "docs/reference.md": referencePage,
  ...METHOD_PAGES,
};

/** What the generated files have to hold, as `deno fmt` has it. */
export async function generated(): Promise<ReadonlyMap<string, string>> {
  const folder = await Deno.makeTempDir({ prefix: "stopgrad-generate-" });
  try {
    for (const [file, make] of Object.entries(GENERATED)) {
      await Deno.mkdir(join(folder, dirname(file)), { recursive: true });
      await Deno.writeTextFile(join(folder, file), await make());
    }
    const { success, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["fmt", "--quiet", "--no-config", folder],
    }).output();
    if (!success) throw new Error(new TextDecoder().decode(stderr));
    return new Map(
      await Promise.all(
        Object.keys(GENERATED).map(async (file) =>
          [file, await Deno.readTextFile(join(folder, file))] as const
        ),
      ),
    );
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

if (import.meta.main) {
  for (const [file, text] of await generated()) {
    await Deno.mkdir(dirname(file), { recursive: true });
    await Deno.writeTextFile(file, text);
    console.log(file);
  }
  for (const name of METHODS.filter((one) => !existsSync(graphFile(one)))) {
    await Deno.writeTextFile(graphFile(name), await graphSvg(name));
    console.log(graphFile(name));
  }
}
