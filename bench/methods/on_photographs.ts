/** @file Which files are measured. */
import { loadPipeline } from "../../lib/pipeline/load.ts";
import { FILES, PIPELINES } from "../../tools/methods/names.ts";

/** Those of {@linkcode FILES} that train on the photographs. */
export async function onPhotographs(): Promise<string[]> {
  const names: string[] = [];
  for (const name of FILES) {
    const { pipeline } = await loadPipeline(`${PIPELINES}${name}.yaml`);
    if (pipeline.data.source.name === "photos") names.push(name);
  }
  return names;
}
