/** @file `schema`: JSON Schema of pipeline files, for editors. */
import { pipelineSchemaText } from "../pipeline/explain/json_schema.ts";
import { EXIT, type ExitCode } from "./exit.ts";
import { output } from "./output.ts";

/** Where the schema stands that the shipped pipelines name. */
export const SCHEMA_FILE = "pipelines/pipeline.schema.json";

/** Runs the command. */
export async function schema(
  { out }: { readonly out?: string | true | undefined },
): Promise<ExitCode> {
  await output(pipelineSchemaText(), out === true ? SCHEMA_FILE : out);
  return EXIT.success;
}
